# Tests that are scripts rather than Check programs.
add_test(NAME layers COMMAND ${PROJECT_SOURCE_DIR}/tools/check-layers)
add_test(NAME layers_self_test COMMAND ${PROJECT_SOURCE_DIR}/tools/check-layers --self-test)
add_test(NAME setup COMMAND ${PROJECT_SOURCE_DIR}/tests/setup.sh ${PROJECT_BINARY_DIR}/tests/setup)

# The program as its users meet it. Python's standard library is all that these take.
find_program(EL4ML_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(EL4ML_PYTHON AND TARGET el4ml_program)
  file(GLOB PROGRAM_TESTS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/program/test_*.py)
  set(slow 0)
  if(EL4ML_SANITIZE)
    set(slow 1)
  endif()
  foreach(source ${PROGRAM_TESTS})
    get_filename_component(name ${source} NAME_WE)
    string(REPLACE "test_" "program_" name ${name})
    add_test(NAME ${name} COMMAND ${EL4ML_PYTHON} -B ${source})
    set_tests_properties(${name} PROPERTIES ENVIRONMENT "EL4ML=$<TARGET_FILE:el4ml_program>;EL4ML_SLOW=${slow}")
  endforeach()
endif()

# Of the library as it is installed; a sanitized one cannot be used by plain programs.
if(NOT EL4ML_SANITIZE)
  add_test(NAME symbols COMMAND ${PROJECT_SOURCE_DIR}/tests/symbols.sh $<TARGET_FILE:el4ml> ${PROJECT_SOURCE_DIR}/include)
  add_test(NAME install COMMAND ${PROJECT_SOURCE_DIR}/tests/install.sh
    ${CMAKE_COMMAND} ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
endif()
