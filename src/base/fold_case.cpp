#include "base/fold_case.hpp"

#include <iterator>

#include <boost/locale/utf.hpp>
#include <boost/spirit/home/support/char_encoding/unicode/query.hpp>

namespace launch {
namespace {

namespace ucd = boost::spirit::ucd;

/// Through its upper case, since some letters have several lower cases: "σ" and "ς".
boost::uint32_t fold(boost::uint32_t letter) {
  constexpr boost::uint32_t kDottedI = 0x130;  // which with its like is an "i" in Turkish only
  constexpr boost::uint32_t kDotlessI = 0x131;
  if (letter == kDottedI || letter == kDotlessI) return letter;
  return ucd::to_lowercase(ucd::to_uppercase(letter));
}

}  // namespace

std::string fold_case(std::string_view text) {
  using Utf8 = boost::locale::utf::utf_traits<char>;
  std::string out;
  out.reserve(text.size());
  for (auto at = text.begin(); at != text.end();)
    Utf8::encode(fold(Utf8::decode_valid(at)), std::back_inserter(out));
  return out;
}

}  // namespace launch
