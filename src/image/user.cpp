// The files of passwd(5), group(5), shadow(5) and gshadow(5).
#include "image/user.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "archive/tree.hpp"
#include "base/text.hpp"

namespace launch::image {
namespace {

struct Line {
  std::string_view file;  ///< "etc/passwd"
  std::string text;
  bool always = false;  ///< the file is created where it is missing
};

std::array<Line, 4> lines_for(const std::string& user) {
  // When the password was last changed, in days since 1970: 1980-01-01. 0 would mean "change it now".
  constexpr int kDay = 3652;
  return {Line{archive::kPasswd, fmt::format("{0}:x:{1}:{1}::/home/{0}:/bin/bash", user, kUserId), true},
          Line{archive::kGroup, fmt::format("{}:x:{}:", user, kUserId), true},
          Line{archive::kShadow, fmt::format("{}:!:{}:0:99999:7:::", user, kDay)},
          Line{archive::kGroupShadow, fmt::format("{}:!::", user)}};
}

std::string content_of(const archive::RootTree& root, std::string_view file) {
  const auto found = root.files.find(std::string(file));
  return found == root.files.end() ? std::string() : found->second.content;
}

/// The name of the user with an ID; empty if there is none.
std::string user_with_id(std::string_view passwd, unsigned id) {
  for (const auto line : lines(passwd)) {
    const auto fields = split(line, ':');
    if (fields.size() > 2 && fields[2] == fmt::to_string(id)) return std::string(fields[0]);
  }
  return {};
}

bool has_user(std::string_view passwd, const std::string& user) {
  const auto all = lines(passwd);
  return std::any_of(all.begin(), all.end(), [&](auto line) { return line.starts_with(user + ':'); });
}

archive::LayerMember with_line(const archive::RootTree& root, const Line& line) {
  const auto found = root.files.find(std::string(line.file));
  const auto access = found == root.files.end() ? archive::Access{.mode = 0644} : found->second.access;
  auto content = content_of(root, line.file);
  if (!content.empty() && !content.ends_with('\n')) content += '\n';
  archive::LayerMember file;
  file.member.path = line.file;
  file.member.time = archive::kFileTime;
  file.member.mode = access.mode;
  file.member.owner = access.owner;
  file.member.group = access.group;
  file.content = content + line.text + '\n';
  return file;
}

}  // namespace

Result<std::vector<archive::LayerMember>> user_files(const archive::RootTree& root, const std::string& user) {
  for (const auto& line : lines_for(user)) {
    if (const auto link = root.links.find(std::string(line.file)); link != root.links.end()) {
      return fail(
          input_error(fmt::format("/{} of the base image is a link to {}, so no user can be added to it",
                                  line.file, in_quotes(link->second)))
              .hint("choose another base image, or remove user from [image]"));
    }
  }
  const auto passwd = content_of(root, archive::kPasswd);
  if (has_user(passwd, user)) return std::vector<archive::LayerMember>();
  if (const auto other = user_with_id(passwd, kUserId); !other.empty()) {
    return fail(input_error(fmt::format("the base image has a user {} with the ID {}, which {} would get",
                                        in_quotes(other), kUserId, in_quotes(user)))
                    .hint(fmt::format("set user = {} under [image]", in_quotes(other))));
  }
  std::vector<archive::LayerMember> files;
  for (const auto& line : lines_for(user)) {
    if (line.always || root.files.contains(std::string(line.file))) files.push_back(with_line(root, line));
  }
  archive::LayerMember home;
  home.member = {.path = "home/" + user,
                 .is_folder = true,
                 .time = archive::kFileTime,
                 .owner = kUserId,
                 .group = kUserId};
  files.push_back(std::move(home));
  return files;
}

Owner owner_ids(const archive::RootTree& root, std::string_view owner) {
  const auto number = [](std::string_view text) {
    return static_cast<unsigned>(parse_u64(text).value_or(0));
  };
  if (const auto colon = owner.find(':'); colon != std::string_view::npos)
    return {number(owner.substr(0, colon)), number(owner.substr(colon + 1))};
  const auto passwd = content_of(root, archive::kPasswd);
  for (const auto line : lines(passwd)) {
    const auto fields = split(line, ':');
    if (fields.size() > 3 && fields[0] == owner) return {number(fields[2]), number(fields[3])};
  }
  return {kUserId, kUserId};
}

std::vector<std::string> user_script(const std::string& user) {
  std::vector<std::string> script = {fmt::format("if ! grep -q '^{}:' /etc/passwd; then ", user),
                                     fmt::format("if grep -q '^[^:]*:[^:]*:{}:' /etc/passwd; then "
                                                 "echo 'another user has the ID {}' >&2; exit 1; fi; ",
                                                 kUserId, kUserId)};
  for (const auto& line : lines_for(user)) {
    // The last line may lack its end.
    const auto append = fmt::format(
        "[[ -z $(tail -c1 /{1} 2>/dev/null) ]] || echo >>/{1}; echo '{0}' >>/{1}; ", line.text, line.file);
    script.push_back(line.always ? append : fmt::format("if [[ -e /{} ]]; then {}fi; ", line.file, append));
  }
  script.push_back(
      fmt::format("mkdir -p /home/{0}; chmod 0755 /home/{0}; chown {1}:{1} /home/{0}; ", user, kUserId));
  script.emplace_back("fi");
  return script;
}

}  // namespace launch::image
