# Precompiled headers that most sources include: halve the time of a full build. Off in the release preset, so that a
# missing include is noticed.
if(LAUNCH_PCH)
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>) # ccache wants it
  set(launch_pch <chrono> <cstdint> <filesystem> <functional> <map> <memory> <optional> <set> <span> <stop_token>
                 <string> <string_view> <utility> <vector> <fmt/format.h> <tl/expected.hpp>)
endif()

# launch_library(NAME LINK target…)
# One static library of the sources in src/NAME and its subfolders; LINK names the folders below it and third-party
# targets.
function(launch_library name)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  add_library(launch_${name} STATIC ${sources})
  target_include_directories(launch_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(launch_${name} PUBLIC ${arg_LINK})
  if(NOT LAUNCH_PCH)
  elseif(name STREQUAL base)
    target_precompile_headers(launch_base PRIVATE ${launch_pch})
  else()
    target_precompile_headers(launch_${name} REUSE_FROM launch_base)
  endif()
endfunction()

# launch_test(NAME [SOURCES file…] LINK target…)
# One GoogleTest program of the *_test.cpp in this folder, or of SOURCES; every TEST is a separate ctest, discovered when
# ctest runs.
function(launch_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  if(NOT arg_SOURCES)
    file(GLOB arg_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_compile_definitions(${name} PRIVATE LAUNCH_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  target_compile_options(${name} PRIVATE -O0) # built once and run once
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main)
  if(LAUNCH_PCH)
    target_precompile_headers(${name} REUSE_FROM launch_test_pch)
  endif()
  set(suppressions "TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/tsan.supp") # read by no other build
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120 ENVIRONMENT
                                                                                      "${suppressions}")
endfunction()
