#include "archive/installation.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "specs/headers.hpp"
#include "specs/interpreter.hpp"
#include "specs/scanner.hpp"

namespace launch::archive {
namespace {

constexpr std::string_view kDistInfo = ".dist-info";
constexpr std::string_view kData = ".data";
constexpr std::string_view kLib64 = "lib64";

/// "a/b" for "a//./b", as a file system resolves it. The zip's directory was read without any "..".
std::string plain_path(std::string_view path) {
  std::string out;
  for (const auto part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

std::string below(std::string_view folder, std::string_view path) {
  return folder.empty() ? std::string(path) : fmt::format("{}/{}", folder, path);
}

bool is_record(std::string_view path, std::string_view dist_info) {
  if (!path.starts_with(dist_info) || path.size() == dist_info.size()) return false;
  const auto file = path.substr(dist_info.size() + 1);
  return path[dist_info.size()] == '/' && (file == "RECORD" || file == "RECORD.jws" || file == "RECORD.p7s");
}

/// A regular file that was executable when packed.
bool is_executable(const ZipEntry& entry) {
  constexpr std::uint32_t kTypeMask = 0170000;
  constexpr std::uint32_t kRegular = 0100000;
  constexpr std::uint32_t kAnyExecute = 0111;
  const std::uint32_t mode = entry.external_attributes >> 16;
  return (mode & kTypeMask) == kRegular && (mode & kAnyExecute) != 0;
}

/// The destination of "NAME.data/KEY/rest".
Result<InstallFile> place_data_file(std::string_view path, std::string_view project,
                                    const InstallPaths& paths) {
  const auto inside = path.substr(path.find('/') + 1);
  const auto slash = inside.find('/');
  if (slash == std::string_view::npos) {
    return fail(bad_wheel(fmt::format("{} is not in a subfolder of its .data folder", in_quotes(path))));
  }
  const auto key = inside.substr(0, slash);
  const auto rest = inside.substr(slash + 1);
  InstallFile file;
  if (key == "purelib") {
    file.path = below(paths.purelib, rest);
  } else if (key == "platlib") {
    file.path = below(paths.platlib, rest);
  } else if (key == "data") {
    const bool by_link = rest.starts_with(kLib64) && rest.substr(kLib64.size()).starts_with('/');
    file.path = below(paths.data, by_link ? fmt::format("lib{}", rest.substr(kLib64.size())) : rest);
  } else if (key == "headers") {
    file.path = below(below(paths.headers, project), rest);
  } else if (key == "scripts") {
    file.path = below(paths.scripts, rest);
    file.is_script = true;
  } else {
    return fail(
        bad_wheel(fmt::format("{}: expected purelib, platlib, headers, scripts or data in its .data folder, "
                              "found {}",
                              in_quotes(path), in_quotes(key))));
  }
  return file;
}

/// Errors (input): a file where another one has its folder.
Result<void> check_folders(const std::set<std::string>& places) {
  for (const auto& place : places) {
    const auto folder = place + "/";
    const auto next = places.lower_bound(folder);
    if (next != places.end() && next->starts_with(folder))
      return fail(bad_wheel(fmt::format("{} is both a file and a folder", in_quotes(place))));
  }
  return {};
}

bool is_dotted_name(std::string_view text) {
  for (const auto part : split(text, '.')) {
    if (part.empty() || specs::is_digit(part.front())) return false;
    const auto fits = [](char c) { return specs::is_word(c) || (static_cast<unsigned char>(c) & 0x80) != 0; };
    if (!std::all_of(part.begin(), part.end(), fits)) return false;
  }
  return is_utf8(text);
}

bool is_file_name(std::string_view text) {
  if (text.empty() || text == "." || text == "..") return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c != '/' && (c & 0x80 || (c >= ' ' && c != 0x7f)); });
}

Result<EntryPoint> parse_entry_point(std::string_view line) {
  const auto bad = [&](std::string_view what) {
    return fail(bad_wheel(fmt::format("its entry_points.txt has the line {}: {}", in_quotes(line), what)));
  };
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return bad("expected NAME = MODULE:ATTRIBUTE");
  auto target = trim(line.substr(equals + 1));
  if (const auto extras = target.find('['); extras != std::string_view::npos && target.ends_with(']')) {
    target = trim(target.substr(0, extras));
  }
  const auto colon = target.find(':');
  if (colon == std::string_view::npos) return bad("expected NAME = MODULE:ATTRIBUTE");
  EntryPoint point{std::string(trim(line.substr(0, equals))), std::string(trim(target.substr(0, colon))),
                   std::string(trim(target.substr(colon + 1)))};
  if (!is_file_name(point.name)) return bad("its name is not a valid file name");
  if (!is_dotted_name(point.module))
    return bad(fmt::format("{} is not a module name", in_quotes(point.module)));
  if (!is_dotted_name(point.attribute))
    return bad(fmt::format("{} is not an attribute name", in_quotes(point.attribute)));
  return point;
}

}  // namespace

Error bad_wheel(std::string_view reason) {
  return input_error(fmt::format("the wheel cannot be installed: {}", reason));
}

InstallPaths InstallPaths::of(const specs::Interpreter& python) {
  InstallPaths paths;
  paths.purelib = fmt::format("lib/python{}/site-packages", python.text());
  paths.platlib = paths.purelib;
  paths.scripts = "bin";
  paths.headers = fmt::format("include/python{}", python.text());
  paths.environment = {"bin/python", "bin/python3", fmt::format("bin/python{}", python.text()),
                       std::string(kLib64), "pyvenv.cfg"};
  return paths;
}

Result<std::string> dist_info_folder(const std::vector<ZipEntry>& entries) {
  std::set<std::string> found;
  for (const auto& entry : entries) {
    const auto slash = entry.name.find('/');
    if (slash == std::string::npos) continue;
    auto top = entry.name.substr(0, slash);
    if (top.ends_with(kDistInfo) && top.size() > kDistInfo.size()) found.insert(std::move(top));
  }
  if (found.empty()) return fail(bad_wheel("it has no .dist-info folder"));
  if (found.size() > 1) {
    return fail(bad_wheel(fmt::format("it has {} .dist-info folders, {} and {} among them; expected one",
                                      found.size(), in_quotes(*found.begin()),
                                      in_quotes(*std::next(found.begin())))));
  }
  if (found.begin()->front() == '-')
    return fail(bad_wheel(fmt::format("its folder {} names no project", in_quotes(*found.begin()))));
  return *found.begin();
}

Result<bool> root_is_purelib(std::string_view wheel_file) {
  std::string version;
  bool purelib = false;
  for (const auto& header : specs::parse_headers(wheel_file)) {
    if (header.name == "wheel-version") version = header.value;
    if (header.name == "root-is-purelib") purelib = to_lower(header.value) == "true";
  }
  const auto major = parse_u64(split(version, '.').front());
  if (!major)
    return fail(bad_wheel(fmt::format("its WHEEL file has the Wheel-Version {}", in_quotes(version))));
  if (*major != 1) {
    return fail(
        bad_wheel(fmt::format("it has the Wheel-Version {}, but only 1.x is supported", in_quotes(version))));
  }
  return purelib;
}

Result<std::vector<InstallFile>> plan_installation(const std::vector<ZipEntry>& entries, bool root_is_purelib,
                                                   const InstallPaths& paths) {
  TRY_ASSIGN(const auto dist_info, dist_info_folder(entries));
  const auto project = dist_info.substr(0, dist_info.find('-'));
  const auto& root = root_is_purelib ? paths.purelib : paths.platlib;
  std::vector<InstallFile> files;
  std::set<std::string> places;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i];
    const auto parts = split(entry.name, '/');
    if (entry.is_folder() || is_record(entry.name, dist_info)) continue;
    if (std::find(parts.begin(), parts.end(), "..") != parts.end() || entry.name.front() == '/') {
      return fail(bad_wheel(fmt::format("{} points outside its folder", in_quotes(entry.name))));
    }
    const auto path = plain_path(entry.name);
    if (path.empty()) return fail(bad_wheel(fmt::format("the file {} has no name", in_quotes(entry.name))));
    InstallFile file;
    if (parts.size() > 1 && parts.front().ends_with(kData)) {
      TRY_ASSIGN(file, place_data_file(path, project, paths));
    } else {
      file.path = below(root, path);
    }
    file.entry = i;
    file.executable = file.is_script || is_executable(entry);
    if (!places.insert(file.path).second) {
      return fail(bad_wheel(fmt::format("two of its files have the path {}", in_quotes(file.path))));
    }
    files.push_back(std::move(file));
  }
  TRY(check_folders(places));
  return files;
}

std::optional<std::string> import_path(std::string_view name) {
  const auto path = plain_path(name);
  const std::string_view archive_path = path;
  if (archive_path.empty() || name.ends_with('/')) return std::nullopt;
  const auto top = archive_path.substr(0, archive_path.find('/'));
  if (top.ends_with(kDistInfo)) return std::nullopt;
  if (!top.ends_with(kData)) return std::string(archive_path);
  const auto rest = archive_path.substr(std::min(top.size() + 1, archive_path.size()));
  const auto key = rest.substr(0, rest.find('/'));
  if ((key != "purelib" && key != "platlib") || rest.size() <= key.size() + 1) return std::nullopt;
  return std::string(rest.substr(key.size() + 1));
}

std::string script_text(std::string content, std::string_view interpreter) {
  if (!content.starts_with(kScriptMark)) return content;
  const auto end = std::min(content.find('\n'), content.size());
  return fmt::format("#!{}{}", interpreter, std::string_view(content).substr(end));
}

Result<std::vector<EntryPoint>> console_scripts(std::string_view entry_points) {
  std::vector<EntryPoint> points;
  bool wanted = false;
  for (const auto whole : lines(entry_points)) {
    const auto line = trim(whole);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[' && line.back() == ']') {
      const auto section = trim(line.substr(1, line.size() - 2));
      wanted = section == "console_scripts" || section == "gui_scripts";
    } else if (wanted) {
      TRY_ASSIGN(auto point, parse_entry_point(line));
      points.push_back(std::move(point));
    }
  }
  return points;
}

Result<std::string> console_script_text(const EntryPoint& entry_point, std::string_view interpreter) {
  constexpr std::size_t kMost = 125;  // Linux reads 127 bytes of a "#!" line
  if (interpreter.empty() || interpreter.front() != '/' || interpreter.size() > kMost ||
      interpreter.find_first_of(" \t\r\n") != std::string_view::npos) {
    return fail(
        input_error(fmt::format("{} cannot be the interpreter of a script: expected an absolute path without "
                                "white space, of {} bytes at most",
                                in_quotes(interpreter), kMost)));
  }
  const auto first = split(entry_point.attribute, '.').front();
  return fmt::format(
      "#!{}\nimport sys\n\nfrom {} import {}\n\nif __name__ == \"__main__\":\n    sys.exit({}())\n",
      interpreter, entry_point.module, first, entry_point.attribute);
}

}  // namespace launch::archive
