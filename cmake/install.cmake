# What make install installs: shared library, public headers, pkg-config file, program, manual page, licence.
include(GNUInstallDirs)

install(TARGETS el4ml
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET el4ml_program)
  # Its el4ml code is linked in, so it runs from any prefix.
  install(TARGETS el4ml_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES ${PROJECT_SOURCE_DIR}/include/el4ml.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/el4ml DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/docs/el4ml.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The prefix may be chosen as late as `cmake --install --prefix`, so the pkg-config file is written then.
foreach(folder LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE ${CMAKE_INSTALL_${folder}})
    set(path_${folder} ${CMAKE_INSTALL_${folder}})
  else()
    set(path_${folder} "\\\${prefix}/${CMAKE_INSTALL_${folder}}")
  endif()
endforeach()
install(CODE "
  set(EL4ML_VERSION \"${PROJECT_VERSION}\")
  set(EL4ML_LIBDIR \"${path_LIBDIR}\")
  set(EL4ML_INCLUDEDIR \"${path_INCLUDEDIR}\")
  configure_file(\"${PROJECT_SOURCE_DIR}/cmake/el4ml.pc.in\" \"${PROJECT_BINARY_DIR}/el4ml.pc\" @ONLY)")
install(FILES ${PROJECT_BINARY_DIR}/el4ml.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
