#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pysource/gate_words.hpp"
#include "pysource/python_tree.hpp"

namespace launch::pysource {

/// A name in a source, once for all places where it stands.
struct Word {
  std::string_view text;
  std::uint32_t hash = 0;  ///< hash_of_name
  Interest interest = Interest::none;
  bool keyword = false;
  bool bound = false;                    ///< some code has bound it to something that is known
  std::uint32_t last_site = 0xFFFFFFFF;  ///< that refers to it
};

/// The names in a source, and in its strings that are names.
class WordTable {
 public:
  WordTable(const SourceTree& tree, const Roots& roots);
  /// Null for tokens that are no names.
  Word* at(std::uint32_t token) { return of_token_[token] == 0 ? nullptr : &words_[of_token_[token]]; }
  /// Null if the source has no such name.
  Word* find(std::string_view text);

 private:
  std::uint32_t intern(std::string_view text, const Roots& roots);
  void grow();

  std::vector<Word> words_ = {Word{}};
  std::vector<std::uint32_t> of_token_;
  std::vector<std::uint32_t> slots_ = std::vector<std::uint32_t>(1024);  ///< by hash
};

}  // namespace launch::pysource
