#include "base/text.hpp"
#include "base/toml.hpp"
#include "fuzz/fuzz.hpp"

namespace launch::fuzz {

/// A TOML document, laid over itself; and any text as a TOML string.
void fuzz_toml(std::string_view bytes) {
  auto document = parse_toml(bytes, "a.toml");
  if (parsed(document)) {
    const auto copy = *document;
    overlay(*document, copy, {});
    require(document->items.size() == copy.items.size(), "a document over itself has its keys");
    (void)parsed(TomlTable(copy, "a.toml").only({"name"}));
  }
  if (!is_utf8(bytes)) return;
  const auto text = "a = " + toml_string(bytes);
  const auto again = parse_toml(text, "a.toml");
  require(again.has_value() && again->items.front().text == bytes, "a TOML string is read again", text,
          again ? again->items.front().text : again.error().message());
}

}  // namespace launch::fuzz
