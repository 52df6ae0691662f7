#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/process.hpp"

namespace launch::cli {

/// A progress bar as it is now, and whose it is: "[0.3]".
struct Bar {
  Stream stream = Stream::out;
  std::string who;
  std::string text;
};

/// The progress bars of a run's ranks, one per rank and stream. Pure; times are given.
class Bars {
 public:
  /// How often at most a bar is printed where nothing can be drawn over.
  static constexpr std::chrono::seconds kPlainLine{10};

  /// Keeps the state of a bar. A blank one ends the bar.
  void set(Stream stream, std::string_view who, std::string_view text);
  /// The bar was replaced by a line. False if there was none.
  bool end(Stream stream, std::string_view who);
  /// Takes the state of a bar that may be printed as a line: no bar of its rank and stream was printed within
  /// kPlainLine.
  std::optional<std::string> take_due(Stream stream, std::string_view who,
                                      std::chrono::steady_clock::time_point now);
  /// Those that are kept, by rank.
  std::vector<Bar> all() const;
  void clear();

 private:
  struct State {
    std::string text;  ///< empty: none
    std::optional<std::chrono::steady_clock::time_point> printed = {};
  };
  /// "[0.9]" is before "[1.10]".
  using Key = std::pair<std::pair<std::size_t, std::string>, Stream>;

  static Key key_of(Stream stream, std::string_view who);

  std::map<Key, State> states_;
  std::size_t kept_ = 0;  ///< with a text
};

}  // namespace launch::cli
