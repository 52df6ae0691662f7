#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/file_layer.hpp"
#include "archive/root_tree.hpp"
#include "base/result.hpp"

namespace launch::image {

/// User and group ID of an image's own user.
inline constexpr unsigned kUserId = 1001;

/// The files of a layer that adds a user with that ID, a group of its own and a home folder below /home to
/// an image that holds `root`; none if the image has the user already. They are the same for every lock.
/// Errors (input): the ID belongs to another user; one of the files is a link.
Result<std::vector<archive::LayerMember>> user_files(const archive::RootTree& root, const std::string& user);

/// The IDs of an owner, "UID:GID" or the name of the recipe's user, in an image that holds `root` and the
/// files of user_files.
struct Owner {
  unsigned user = 0;
  unsigned group = 0;
};
Owner owner_ids(const archive::RootTree& root, std::string_view owner);

/// The lines of a shell script that does the same while an image is built.
std::vector<std::string> user_script(const std::string& user);

}  // namespace launch::image
