#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "base/work.hpp"

namespace launch::archive {

/// The modes and times of what is unpacked: 0644 and 0755, and now; or those of the archive.
enum class Attributes { plain, archived };

/// Unpacks the gzip-compressed tar of a relocatable CPython: its "python/" becomes `folder`/python, whatever
/// the umask, without the archive's owners. `folder` must exist. Errors (input): damaged; a member that is
/// not below "python/", leads out of it, or is a device; no python/bin/python3; (environment): the disk; a
/// stop was requested.
Result<void> unpack_interpreter(const std::filesystem::path& file, const std::filesystem::path& folder,
                                const Work& work, Attributes attributes = Attributes::plain);

/// Checks that such a file can be a layer as it is: unpack_interpreter would accept it, and none of its
/// members would remove files of an image. Errors: those of unpack_interpreter.
Result<void> check_interpreter(const std::filesystem::path& file, const Work& work);

}  // namespace launch::archive
