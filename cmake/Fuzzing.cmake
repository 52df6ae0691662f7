# Everything is instrumented for libFuzzer; only launch_fuzz is linked with it.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_FLAGS "-fsanitize=fuzzer,address")
check_cxx_source_compiles(
  "#include <cstddef>
   extern \"C\" int LLVMFuzzerTestOneInput(const unsigned char*, std::size_t) { return 0; }" LAUNCH_HAS_LIBFUZZER)
unset(CMAKE_REQUIRED_FLAGS)
if(NOT LAUNCH_HAS_LIBFUZZER)
  message(FATAL_ERROR "${CMAKE_CXX_COMPILER} cannot link with libFuzzer: run ci/setup, which installs clang and its "
                      "runtime libraries, and configure again: cmake --preset fuzz")
endif()

# -O1 compiles in half the time and finds the same; the library's assertions see what the sanitizers cannot.
add_compile_options(-O1 -gline-tables-only -fsanitize=fuzzer-no-link -fno-sanitize-recover=all)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
