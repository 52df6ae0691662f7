# All libraries are the distribution's packages, listed in ci/setup.
find_package(Threads REQUIRED)
find_package(Boost 1.80 REQUIRED CONFIG) # Process v2 and Asio, header only
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(CURL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(gumbo REQUIRED IMPORTED_TARGET gumbo)
pkg_check_modules(libdeflate REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)
find_library(LAUNCH_MIMALLOC mimalloc REQUIRED) # Debian's package has no configuration that works
find_path(TL_EXPECTED_INCLUDE tl/expected.hpp REQUIRED)

add_library(launch_expected INTERFACE)
target_include_directories(launch_expected SYSTEM INTERFACE "${TL_EXPECTED_INCLUDE}")

if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
endif()
