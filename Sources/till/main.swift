import CArguments
import Server

ProcessEnd.end(TillCommand.run((1..<max(1, till_argument_count())).map { String(cString: till_argument_at($0)) }))
