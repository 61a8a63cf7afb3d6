# Tests that are shell scripts rather than Check programs.
add_test(NAME layers COMMAND ${PROJECT_SOURCE_DIR}/tools/check-layers)
add_test(NAME layers_self_test COMMAND ${PROJECT_SOURCE_DIR}/tools/check-layers --self-test)
add_test(NAME setup COMMAND ${PROJECT_SOURCE_DIR}/tests/setup.sh ${PROJECT_BINARY_DIR}/tests/setup)

# Of the library as it is installed; a sanitized one cannot be used by plain programs.
if(NOT EL4ML_SANITIZE)
  add_test(NAME symbols COMMAND ${PROJECT_SOURCE_DIR}/tests/symbols.sh $<TARGET_FILE:el4ml> ${PROJECT_SOURCE_DIR}/include)
  add_test(NAME install COMMAND ${PROJECT_SOURCE_DIR}/tests/install.sh
    ${CMAKE_COMMAND} ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
endif()
