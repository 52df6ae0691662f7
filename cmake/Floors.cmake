# launch_library(NAME SOURCES file… [LINK target…])
# One static library for the folder src/NAME; LINK names the folders below it and third-party targets.
function(launch_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_library(launch_${name} STATIC ${arg_SOURCES})
  target_include_directories(launch_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(launch_${name} PUBLIC ${arg_LINK})
endfunction()

# launch_test(NAME SOURCES file… LINK target…)
# One GoogleTest program; every TEST becomes a ctest of its own, found when ctest runs.
function(launch_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${name} PRIVATE LAUNCH_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  target_compile_options(${name} PRIVATE -O0) # built once and run once
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main)
  set(suppressions "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp") # read by no other build
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120 ENVIRONMENT
                                                                                      "${suppressions}")
endfunction()
