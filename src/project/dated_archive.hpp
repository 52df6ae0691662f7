#pragma once

#include <string>
#include <string_view>

namespace launch::project {

/// How a dated archive of a distribution is written: an address in which {archive} stands for "debian" or
/// "debian-security" and {date} for the time.
inline constexpr std::string_view kDatedArchiveForm = "http://HOST/archive/{archive}/{date}";

/// In its place: the archive as it is on the day of the build.
inline constexpr std::string_view kLiveArchive = "live";

/// What is expected where an archive is named: "http://… or \"live\"".
std::string expected_archive();

/// True for the http or https address of such an archive without slashes at its end. It becomes a part of a
/// shell script and of a Dockerfile.
bool is_dated_archive(std::string_view text);

/// The address of one archive at a time: "http://host.example/archive/debian/20250606T080910Z".
std::string dated_archive(std::string_view form, std::string_view archive, std::string_view time);

}  // namespace launch::project
