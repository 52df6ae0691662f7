#include <algorithm>
#include <memory_resource>
#include <vector>

#include <fmt/format.h>
#include <gumbo.h>

#include "base/text.hpp"
#include "index/page_file.hpp"
#include "index/simple_page.hpp"
#include "specs/name.hpp"
#include "specs/url.hpp"

namespace launch::index {
namespace {

/// A parsed page. Its memory is one arena, so that freeing deep nesting needs no recursion.
class Document {
 public:
  explicit Document(std::string_view text) {
    GumboOptions options = kGumboDefaultOptions;
    options.userdata = &arena_;
    options.allocator = [](void* arena, std::size_t size) -> void* {
      return static_cast<std::pmr::monotonic_buffer_resource*>(arena)->allocate(size);
    };
    options.deallocator = [](void*, void*) {};
    options.max_errors = 0;
    output_ = gumbo_parse_with_options(&options, text.data(), text.size());
  }
  const GumboNode* root() const { return output_->root; }

 private:
  std::pmr::monotonic_buffer_resource arena_;
  GumboOutput* output_ = nullptr;
};

std::optional<std::string> attribute(const GumboElement& element, const char* name) {
  const auto* found = gumbo_get_attribute(&element.attributes, name);
  if (found == nullptr) return std::nullopt;
  return std::string(found->value);
}

/// All elements with these tags, in page order.
std::vector<const GumboElement*> elements(const GumboNode* root, std::initializer_list<GumboTag> tags) {
  std::vector<const GumboElement*> found;
  std::vector<const GumboNode*> open{root};
  while (!open.empty()) {
    const auto* node = open.back();
    open.pop_back();
    if (node->type != GUMBO_NODE_ELEMENT && node->type != GUMBO_NODE_TEMPLATE) continue;
    const auto& element = node->v.element;
    if (std::find(tags.begin(), tags.end(), element.tag) != tags.end()) found.push_back(&element);
    for (auto i = element.children.length; i-- > 0;)
      open.push_back(static_cast<GumboNode*>(element.children.data[i]));
  }
  return found;
}

/// Position of a literal (lower case), ignoring the text's case; npos if not found.
std::size_t find_caseless(std::string_view text, std::string_view literal) {
  const auto same = [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  };
  const auto at = std::search(text.begin(), text.end(), literal.begin(), literal.end(), same);
  return at == text.end() ? std::string_view::npos : static_cast<std::size_t>(at - text.begin());
}

bool has_caseless(std::string_view text, std::string_view literal) {
  return find_caseless(text, literal) != std::string_view::npos;
}

/// Checks the page as a whole first, since HTML parsers accept anything.
Result<void> check_whole(std::string_view text, const specs::Url& url) {
  const auto body = trim(text);
  const bool opens = has_caseless(body, "<html");
  const bool is_html = opens || has_caseless(body, "<!doctype html") || has_caseless(body, "<a ");
  if (!is_html) return fail(bad_page(url, "not an index page: it is not HTML"));
  // The PyTorch channel writes "<!--TIMESTAMP epoch-->" as its last line.
  const bool closed = opens ? has_caseless(body, "</html>") : body.ends_with('>');
  const bool stamped = body.ends_with("-->") && body.rfind("<!--TIMESTAMP ") != std::string_view::npos;
  if (closed || stamped) return {};
  return fail(bad_page(url, fmt::format("truncated: it ends after {} bytes without {}", text.size(),
                                        opens ? "\"</html>\"" : "closing its last tag")));
}

std::optional<Digest> fragment_sha256(std::string_view link) {
  constexpr std::string_view kKey = "sha256=";
  for (const auto part : split(specs::url_fragment(link), '&')) {
    if (part.starts_with(kKey)) return checked_sha256(part.substr(kKey.size()));
  }
  return std::nullopt;
}

/// PEP 658 and 714: "true" or "sha256=…".
void take_metadata(const GumboElement& anchor, IndexFile& file) {
  auto value = attribute(anchor, "data-core-metadata");
  if (!value) value = attribute(anchor, "data-dist-info-metadata");
  if (!value) return;
  const auto equals = value->find('=');
  file.has_metadata = *value == "true" || equals != std::string::npos;
  if (value->starts_with("sha256=")) file.metadata_sha256 = checked_sha256(value->substr(equals + 1));
}

std::optional<IndexFile> read_anchor(const GumboElement& anchor, const specs::Url& base, bool local) {
  const auto href = attribute(anchor, "href");
  if (!href) return std::nullopt;
  const auto link = std::string(trim(*href));
  RawFile raw;
  raw.url = base.resolve(link);
  if (!raw.url) return std::nullopt;
  raw.file_name = raw.url->file_name();
  raw.sha256 = fragment_sha256(link);
  raw.upload_time = attribute(anchor, "data-upload-time");
  raw.from_local_page = local;
  auto file = checked_file(std::move(raw));
  if (!file) return std::nullopt;
  file->requires_python = attribute(anchor, "data-requires-python");
  if (const auto reason = attribute(anchor, "data-yanked")) file->yanked = *reason;
  take_metadata(anchor, *file);
  return file;
}

}  // namespace

Result<std::vector<IndexFile>> parse_links(std::string_view text, const specs::Url& url) {
  TRY(check_whole(text, url));
  const Document document(text);
  auto base = url.without_credentials();
  for (const auto* element : elements(document.root(), {GUMBO_TAG_BASE})) {
    if (const auto href = attribute(*element, "href")) {
      base = base.resolve(trim(*href)).value_or(base);
      break;
    }
  }
  std::vector<IndexFile> files;
  for (const auto* anchor : elements(document.root(), {GUMBO_TAG_A})) {
    if (auto file = read_anchor(*anchor, base, url.is_file())) files.push_back(*std::move(file));
  }
  const auto of_a_site = elements(document.root(), {GUMBO_TAG_FORM, GUMBO_TAG_INPUT, GUMBO_TAG_SCRIPT});
  if (files.empty() && !of_a_site.empty()) {
    return fail(bad_page(url,
                         "a web page, not an index page: it lists no files, but has a form or a script, as a "
                         "login page does"));
  }
  return files;
}

Result<ProjectPage> parse_simple_html(std::string_view text, const specs::Url& url,
                                      std::string_view project) {
  TRY_ASSIGN(auto files, parse_links(text, url));
  ProjectPage page{specs::normalize_name(project), std::move(files)};
  std::erase_if(page.files, [&](const IndexFile& file) { return !is_file_of(file.file_name, page.name); });
  return page;
}

}  // namespace launch::index
