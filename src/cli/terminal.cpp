#include "cli/terminal.hpp"

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

void put(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Terminal::Terminal(bool is_terminal, int columns, const Environment& environment, Clock& clock)
    : clock_(&clock), columns_(columns > 0 ? columns : 80) {
  const bool dumb = environment.get("TERM").value_or("") == "dumb";
  const bool automatic = environment.get("CI").has_value();
  live_ = is_terminal && !dumb && !automatic;
  colour_ = (is_terminal && !dumb) || environment.get("CLICOLOR_FORCE").value_or("0") != "0";
  if (environment.get("NO_COLOR")) colour_ = false;
}

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
  log_warning("{}", text);
}

void Terminal::note(std::string_view text) {
  log_info("{}", text);
}

void Terminal::clear() {
  const std::scoped_lock lock(mutex_);
  erase();
  what_.clear();
}

void Terminal::erase() {
  if (std::exchange(drawn_, false)) put(kEraseLine);
}

void Terminal::draw(std::string text) {
  text = printable(text);
  if (!live_) return put(text + "\n");
  const auto room = static_cast<std::size_t>(std::max(columns_ - 1, 1));
  if (text.size() > room) text.resize(room);
  put(fmt::format("{}{}", kEraseLine, text));
  drawn_ = true;
}

Painted Terminal::paint(std::string_view code, Painted text) const {
  if (colour_) text.bytes_ = fmt::format("\x1b[{}m{}\x1b[0m", code, text.bytes_);
  return text;
}

}  // namespace launch::cli
