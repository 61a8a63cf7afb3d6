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
    set(EL4ML_PC_${folder} ${CMAKE_INSTALL_${folder}})
  else()
    set(EL4ML_PC_${folder} "\${prefix}/${CMAKE_INSTALL_${folder}}")
  endif()
endforeach()
set(CMAKE_INSTALL_PREFIX_LATER "@CMAKE_INSTALL_PREFIX@")
file(READ ${PROJECT_SOURCE_DIR}/cmake/el4ml.pc.in EL4ML_PC)
string(REPLACE "@CMAKE_INSTALL_PREFIX@" "@INSTALL_PREFIX@" EL4ML_PC "${EL4ML_PC}")
