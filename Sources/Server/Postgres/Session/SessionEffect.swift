internal import ColumnStore

/// What a session wants done: in order, and after one that is answered nothing until its answer comes.
package enum SessionEffect: Equatable, Sendable {
    case send(BackendMessage)
    /// What was sent goes out now.
    case flush
    /// Understand a question. Answered by `prepared`; what has failed holds nothing.
    case prepare(Prepare)
    /// Begin to answer a prepared question with these values. Answered by `opened`; what has failed holds nothing.
    case open(Open)
    /// Rows of an open portal, written as they come. Answered by `ran`.
    case run(Run)
    /// From the next question on one state of the store is seen, until `endTransaction`.
    case beginTransaction
    case endTransaction
    /// More of this message's answer follows, once what was said so far is on its way. Answered by `goesOn`.
    case goOn
    /// Neither is asked for again.
    case forgetStatement(Int)
    case closePortal(Int)
    /// The connection ends, after what was sent.
    case end

    /// Whether the transaction's state is looked at for it.
    var looks: Bool {
        switch self {
        case .prepare, .open: true
        default: false
        }
    }

    package struct Prepare: Equatable, Sendable {
        /// By which `open` names it.
        package var statement: Int
        package var text: String
        /// 0 where it is to be inferred.
        package var parameterTypes: [UInt32]
        /// As SQL's PREPARE names them, in its own text; `start` is of that too.
        package var typeNames: [PostgresCommand.Piece] = []
        /// Scalars before the question in what the client sent: a fault's place is one in all of it.
        package var start = 0
    }

    package struct Open: Equatable, Sendable {
        package enum Arguments: Equatable, Sendable {
            case bound(formats: [WireFormat], values: [[UInt8]?])
            /// SQL's expressions, as EXECUTE has them: of each its place in what the client sent.
            case expressions([PostgresCommand.Piece])
        }

        package var portal: Int
        package var statement: Int
        package var arguments: Arguments
        /// It goes both ways.
        package var isScrollable: Bool
        /// It does not even give a row again.
        package var isForwardOnly = false
        /// Nobody said which way it goes.
        package var isOpen = false
    }

    package struct Run: Equatable, Sendable {
        package enum Rows: Equatable, Sendable {
            /// The next ones, at most so many; nil is all.
            case next(Int?)
            case fetch(FetchDirection, isMove: Bool)
            case copy(CopyOptions)
        }

        package var portal: Int
        package var rows: Rows
        /// One for each column.
        package var formats: [WireFormat]
        /// It was prepared or declared by a statement of its own: no place in its text is one in what the client sent now.
        package var isOfEarlierText = false
    }
}

/// What a question set while it ran, by set_config.
struct SettingChange: Equatable, Sendable {
    let name: String
    /// Nil for the default.
    let value: String?
    let isLocal: Bool

    /// By their bytes: a value is looked at by nobody yet.
    static func == (one: SettingChange, other: SettingChange) -> Bool {
        guard one.isLocal == other.isLocal, one.name.hasBytes(of: other.name) else { return false }
        guard let value = one.value, let another = other.value else { return one.value == nil && other.value == nil }
        return value.hasBytes(of: another)
    }
}

/// What a session hears: a message, or what became of an effect.
package enum SessionInput: Sendable {
    case message(FrontendMessage)
    /// A message that could not be read, though its end is known.
    case malformed(PostgresFault)
    /// A Query or FunctionCall that could not be read: it is answered to its end.
    case malformedQuery(PostgresFault)
    /// A Sync that could not be read: it ends what is passed over all the same.
    case malformedSync(PostgresFault)
    case prepared(Result<Shape, PostgresFault>)
    case opened(PostgresFault?)
    case ran(Outcome)
    case goesOn

    package struct Shape: Equatable, Sendable {
        package var parameterTypes: [UInt32]
        package var columns: [WireField]

        package init(parameterTypes: [UInt32], columns: [WireField]) {
            self.parameterTypes = parameterTypes
            self.columns = columns
        }
    }

    package enum Outcome: Sendable {
        /// All that was asked for, and no row is left.
        case finished(rows: Int)
        /// As many as were asked for: whether more are left nobody has looked.
        case suspended(rows: Int)
        case failed(PostgresFault)
    }
}
