#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace launch {

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
/// Lines without their "\n" or "\r\n"; a final newline adds no empty last line.
std::vector<std::string_view> lines(std::string_view text);
std::string join(std::span<const std::string> parts, std::string_view separator);
/// "a", "a and b", "a, b and c"
std::string join_words(std::span<const std::string> parts, std::string_view last = "and");
/// ASCII only, which suffices for names and digests.
std::string to_lower(std::string_view text);
std::string replace_all(std::string text, std::string_view from, std::string_view to);
/// A decimal number that is the whole text; nullopt if it is not one or does not fit.
std::optional<std::uint64_t> parse_u64(std::string_view text);

/// The candidate nearest to `word`, within a third of its length in edits; nullopt if none is near enough.
std::optional<std::string> did_you_mean(std::string_view word, std::span<const std::string> candidates);

/// "812 B", "1.4 MB", "3.9 GB" (decimal units, as disks and indexes count).
std::string human_bytes(std::uint64_t bytes);
/// "0.4 s", "12 s", "2 min 5 s"
std::string human_seconds(double seconds);
/// "1 wheel", "28 wheels"
std::string count_of(std::size_t count, std::string_view noun);

/// At most that many bytes of a text, with "…" if it is longer.
std::string cut(std::string_view text, std::size_t most);
/// Text in double quotes, as messages show it: printable, and cut after 400 bytes.
std::string in_quotes(std::string_view text);

/// How a message quotes what a program printed: the last lines that are not empty, at most that many, each on
/// a line of its own ("\n  LINE") and cut if it is very long.
std::string last_lines(std::string_view output, std::size_t most = 20);

/// A field of a comma-separated line (RFC 4180), quoted if necessary.
std::string csv_field(const std::string& text);

/// One word of a POSIX shell line: unchanged if it holds only safe characters, else in single quotes.
std::string shell_quote(std::string_view word);
/// An argument vector as a line that can be pasted into a shell.
std::string shell_line(std::span<const std::string> argv);

/// Makes text of unknown origin safe for a terminal, on one line: control characters other than tab,
/// characters that change the direction of writing, and bytes that are not UTF-8 become \xNN, byte by byte.
std::string printable(std::string_view text);
/// The same for a message, whose further lines are indented: a line break is kept only if a space follows, so
/// that no text from outside can start a line of its own ("hint: …").
std::string printable_message(std::string_view text);
/// True for well-formed UTF-8.
bool is_utf8(std::string_view text);

}  // namespace launch
