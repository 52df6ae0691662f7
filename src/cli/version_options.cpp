#include "cli/version_options.hpp"

#include <fmt/format.h>

#include "pytorch/channel.hpp"

namespace launch::cli {

void add_version_options(Command& command, VersionOptions& options) {
  command
      .option("--package", &options.package,
              "Check the versions of this package (default: that of the names, or torch for code)")
      .value_name("NAME");
  command.option("--from", &options.from, "Check this version and later ones, or nightlies from this day on")
      .value_name("VERSION");
  command.option("--to", &options.to, "Check versions up to this one, or nightlies up to this day")
      .value_name("VERSION");
  command.option("--last", &options.last, "Check only the newest N versions").value_name("N");
  command.option("--channel", &options.channel, "Take the versions from this channel (default: index)")
      .value_name("NAME")
      .one_of(pytorch::channel_names());
  command
      .option("--cuda", &options.cuda,
              "Take that channel's builds for this accelerator, such as cu128 or cpu")
      .value_name("NAME");
  command
      .option("--python", &options.python,
              "Take the wheels for this Python (default: for each version, the newest with a wheel)")
      .value_name("3.N");
}

Result<probe::VersionQuery> version_query(const VersionOptions& options) {
  probe::VersionQuery query{.from = options.from, .to = options.to};
  query.of.package = options.package;
  if (!options.channel.empty()) query.of.channel = pytorch::channel_of(options.channel).value();
  if (query.of.channel != pytorch::Channel::index && options.cuda.empty()) {
    return fail(input_error(fmt::format("--channel {} needs --cuda: the channel has an index for each build",
                                        options.channel))
                    .hint("add --cuda cu128 or --cuda cpu"));
  }
  if (!options.cuda.empty()) {
    TRY_ASSIGN(query.of.cuda, during(specs::Accelerator::parse(options.cuda), "reading --cuda"));
  }
  if (!options.python.empty()) {
    TRY_ASSIGN(query.of.python, during(specs::Interpreter::parse(options.python), "reading --python"));
  }
  if (options.last) {
    if (*options.last < 1)
      return fail(input_error(fmt::format("--last must be 1 or more, not {}", *options.last)));
    query.last = static_cast<std::size_t>(*options.last);
  }
  return query;
}

}  // namespace launch::cli
