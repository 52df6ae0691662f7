#include "specs/image_reference.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "specs/scanner.hpp"

// References follow the grammar of the distribution project (distribution/reference).
namespace launch::specs {
namespace {

constexpr std::string_view kDockerHub = "docker.io";
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestTag = 128;

bool is_lower_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z');
}

/// One part of a repository's path: "cuda", "my_image", "a--b".
bool is_path_part(std::string_view part) {
  if (part.empty() || !is_lower_alphanumeric(part.front()) || !is_lower_alphanumeric(part.back()))
    return false;
  return std::all_of(part.begin(), part.end(),
                     [](char c) { return is_lower_alphanumeric(c) || c == '.' || c == '_' || c == '-'; }) &&
         part.find("..") == std::string_view::npos;
}

bool is_repository(std::string_view path) {
  const auto parts = split(path, '/');
  return std::all_of(parts.begin(), parts.end(), is_path_part);
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= kLongestTag && is_word(tag.front()) &&
         std::all_of(tag.begin(), tag.end(), [](char c) { return is_word(c) || c == '.' || c == '-'; });
}

/// "host", "host:5000", "[::1]:5000"
bool is_registry(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return is_alphanumeric(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
  });
}

bool names_registry(std::string_view first_part) {
  return first_part == "localhost" || first_part.find_first_of(".:") != std::string_view::npos;
}

Error not_a_reference(std::string_view text, std::string_view reason) {
  return input_error(fmt::format("{} is not an image reference: {}", in_quotes(text), reason))
      .hint(
          "write it as [REGISTRY/]NAME[:TAG][@sha256:DIGEST], for example docker.io/library/debian:12-slim");
}

}  // namespace

Result<ImageReference> ImageReference::parse(std::string_view text) {
  ImageReference reference;
  std::string_view rest = text;
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    reference.digest = Digest::parse(rest.substr(at + 1));
    rest = rest.substr(0, at);
    if (!reference.digest) {
      return fail(not_a_reference(text, "expected \"sha256:\" and 64 hex digits after \"@\""));
    }
  }
  const auto slash = rest.rfind('/');
  const auto colon = rest.rfind(':');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    reference.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!is_tag(reference.tag)) {
      return fail(not_a_reference(text, fmt::format("{} cannot be a tag", in_quotes(reference.tag))));
    }
  }
  const auto first = rest.substr(0, rest.find('/'));
  reference.registry = kDockerHub;
  if (first.size() < rest.size() && names_registry(first)) {
    reference.registry = first == "index.docker.io" ? kDockerHub : first;
    rest.remove_prefix(first.size() + 1);
  }
  if (!is_registry(reference.registry)) {
    return fail(not_a_reference(text, fmt::format("{} cannot be a registry", in_quotes(reference.registry))));
  }
  const bool is_short = reference.registry == kDockerHub && rest.find('/') == std::string_view::npos;
  reference.repository = is_short ? fmt::format("library/{}", rest) : std::string(rest);
  if (reference.repository.size() > kLongestName) {
    return fail(not_a_reference(text, fmt::format("the name has {} characters, expected at most {}",
                                                  reference.repository.size(), kLongestName)));
  }
  if (!is_repository(reference.repository)) {
    return fail(not_a_reference(
        text,
        fmt::format(
            "{} cannot be the name of an image (lower-case letters, digits, \".\", \"_\", \"-\" and \"/\")",
            in_quotes(rest))));
  }
  if (reference.tag.empty() && !reference.digest) reference.tag = "latest";
  return reference;
}

std::string ImageReference::text() const {
  auto result = name();
  if (!tag.empty()) result += ":" + tag;
  if (digest) result += "@" + digest->text();
  return result;
}

}  // namespace launch::specs
