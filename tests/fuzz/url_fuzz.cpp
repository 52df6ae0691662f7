#include "base/text.hpp"
#include "fuzz/fuzz.hpp"
#include "pytorch/channel.hpp"
#include "registry/bearer_challenge.hpp"
#include "specs/accelerator.hpp"
#include "specs/url.hpp"

namespace launch::fuzz {
namespace {

using specs::Url;

void check_url(const Url& url) {
  const auto again = Url::parse(url.with_secrets());
  require(again == url, "a URL is read again", url.with_secrets());
  require(is_utf8(printable(url.text())), "its text can be printed", url.text());
  const auto shown = Url::parse(url.text());
  require(shown.has_value() && shown->text() == url.text(), "the shown text is a URL", url.text());
  require(!shown || !shown->has_credentials(), "the shown text has no credentials", url.text());
  require(!url.without_credentials().has_credentials(), "credentials can be removed", url.with_secrets());
  require(url.file_name().empty() || url.path().find('/') != std::string_view::npos || !url.is_http(),
          "a file name is of a path", url.with_secrets());
  (void)url.port();
  (void)url.user();
  (void)url.password();
  if (!url.is_http()) return;
  require(!url.host().empty(), "an http URL has a host", url.with_secrets());
  require(url.origin().ends_with(url.authority()), "the origin ends with the authority", url.origin());
  for (const auto& made : {url.parent(), url.child("a b/../c#?%"), url.with_parameter("a", "b&c=d#e"),
                           url.on_host("other.example:8080"), url.without_end_slashes()}) {
    require(Url::parse(made.with_secrets()) == made, "a URL made of it is one", url.with_secrets(),
            made.with_secrets());
  }
  require(url.on_host("other.example").host() == "other.example", "another host is that host",
          url.with_secrets());
}

}  // namespace

/// A line with a URL, then lines with links on its page.
void fuzz_url(std::string_view bytes) {
  constexpr std::size_t kMost = 8;
  const auto all = lines(bytes);
  require(is_utf8(printable(specs::redacted_url(bytes))), "redacted text can be printed");
  require(specs::percent_decode(specs::percent_encode_path(bytes)) == bytes, "percent-encoding is undone",
          bytes);
  if (all.empty()) return;
  (void)pytorch::index_named_in(all.front());
  const auto url = Url::parse(all.front());
  if (!url) return;
  check_url(*url);
  (void)pytorch::unknown_placeholder(*url);
  (void)pytorch::on_other_host(*url);
  const auto local = url->local_path();
  if (!local.empty())
    require(Url::of_file(local).local_path() == local, "a path's URL names it", local.string());
  for (std::size_t i = 1; i < all.size() && i < kMost; ++i) {
    if (const auto resolved = url->resolve(all[i])) check_url(*resolved);
  }
}

}  // namespace launch::fuzz
