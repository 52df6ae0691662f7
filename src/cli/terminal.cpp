#include "cli/terminal.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"

namespace launch::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kPlainLine{10};
constexpr std::string_view kEraseLine = "\r\x1b[K";
constexpr std::string_view kEraseRest = "\x1b[J";  // of the screen
constexpr std::string_view kWrapOff = "\x1b[?7l";
constexpr std::string_view kWrapOn = "\x1b[?7h";

void put(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

/// To the start of the first of so many lines, from the last.
std::string to_first(std::size_t lines) {
  return lines > 1 ? fmt::format("\r\x1b[{}A", lines - 1) : "\r";
}

bool is_dumb(const Environment& environment) {
  return environment.get("TERM").value_or("") == "dumb";
}

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Colours colours_of(bool is_terminal, const Environment& environment) {
  if (environment.get("NO_COLOR")) return Colours::dropped;
  const bool wanted = is_terminal && !is_dumb(environment);
  const bool forced = environment.get("CLICOLOR_FORCE").value_or("0") != "0";
  return wanted || forced ? Colours::kept : Colours::dropped;
}

Terminal::Terminal(bool is_terminal, std::function<Window()> window, const Environment& environment,
                   Clock& clock)
    : window_(std::move(window)),
      clock_(&clock),
      live_(is_terminal && !is_dumb(environment) && !environment.get("CI")),
      colours_(colours_of(is_terminal, environment)) {}

void Terminal::text(std::string_view lines) {
  std::string bytes;
  for (const auto line : launch::lines(lines)) bytes += printable(line) + "\n";
  put_above(bytes);
}

void Terminal::error(const Error& error) {
  constexpr std::string_view kWord = "error:";
  put_above(red(bold(kWord)).bytes() + error.text().substr(kWord.size()));
}

void Terminal::put_above(std::string_view bytes) {
  const std::scoped_lock lock(mutex_);
  erase();
  put(bytes);
}

void Terminal::progress(std::string_view what, std::uint64_t done, std::uint64_t total) {
  const std::scoped_lock lock(mutex_);
  const auto now = clock_->steady();
  if (what != what_) {
    what_ = what;
    began_ = last_ = now;
    if (live_) last_ -= kRedraw;
  }
  if (now - last_ < (live_ ? std::chrono::duration_cast<std::chrono::milliseconds>(kRedraw) : kPlainLine))
    return;
  last_ = now;
  const double rate = static_cast<double>(done) / std::max(seconds(now - began_), 0.001);
  auto text = fmt::format("{}: {}", what, human_bytes(done));
  if (total > 0) text += fmt::format(" of {}", human_bytes(total));
  text += fmt::format(", {}/s", human_bytes(static_cast<std::uint64_t>(rate)));
  if (total > done && rate > 0)
    text += fmt::format(", {} left", human_seconds(static_cast<double>(total - done) / rate));
  draw(std::move(text));
}

void Terminal::status(std::string_view what) {
  const std::scoped_lock lock(mutex_);
  what_.clear();
  if (live_) draw(std::string(what));
}

void Terminal::warn(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  erase();
  log_warning("{}", text);
}

void Terminal::note(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  erase();
  log_info("{}", text);
}

void Terminal::bars(const std::vector<std::string>& lines) {
  const std::scoped_lock lock(mutex_);
  if (!live_) return;
  if (lines.empty()) return erase();
  // The terminal cuts what is wider than it looks: a line that wrapped could not be drawn over.
  auto bytes = fmt::format("{}{}", to_first(drawn_), kWrapOff);
  const auto width = columns();
  for (const auto& line : lines) {
    const bool last = &line == &lines.back();
    bytes += first_characters(line.substr(0, line.find('\n')), width);
    bytes += last ? kEraseRest : "\x1b[K\n";
  }
  // What is typed then does not make the last line longer.
  put(fmt::format("{}\r{}", bytes, kWrapOn));
  drawn_ = lines.size();
}

std::size_t Terminal::room_for_bars() const {
  const int rows = window_().rows;
  return static_cast<std::size_t>(std::max((rows > 0 ? rows : 24) / 2, 1));
}

void Terminal::clear() {
  const std::scoped_lock lock(mutex_);
  erase();
  what_.clear();
}

void Terminal::erase() {
  if (drawn_ == 1) put(kEraseLine);
  if (drawn_ > 1) put(fmt::format("{}{}", to_first(drawn_), kEraseRest));
  drawn_ = 0;
}

std::size_t Terminal::columns() const {
  const int columns = window_().columns;
  return static_cast<std::size_t>(std::max((columns > 0 ? columns : 80) - 1, 1));
}

void Terminal::draw(std::string text) {
  text = printable(text);
  if (!live_) return put(text + "\n");
  if (drawn_ > 1) erase();
  put(fmt::format("{}{}", kEraseLine, first_characters(text, columns())));
  drawn_ = 1;
}

Painted Terminal::printed(std::string_view line) const {
  Painted text("");
  text.bytes_ = printable(line, colours_);
  return text;
}

Painted Terminal::paint(std::string_view code, Painted text) const {
  if (colour()) text.bytes_ = fmt::format("\x1b[{}m{}\x1b[0m", code, text.bytes_);
  return text;
}

}  // namespace launch::cli
