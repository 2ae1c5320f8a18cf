import Glibc
import Server

exit(TillCommand.run(Array(CommandLine.arguments.dropFirst())))
