/// One try of a request that is passed on, by one connection: it is sent, and the answer's head is read, with its body where that is short.
///
/// What did not go out whole nobody can have done: its body's end is not there. So it may be tried again, whatever it is. But of a file of an upload what came is kept, and while
/// the other end waits for more it takes no other: the next try may be refused for one that was cut off.
enum PassedTry {
    enum Outcome {
        /// With its body, where it has one.
        case whole(APIClient.Answer)
        /// It is longer than is kept: the body is still to be read.
        case long(APIClient.Answer, AnswerReader)
        /// It was taken by nobody.
        case untaken(String)
        /// Its head went out, and nobody has taken all of its body.
        case cutOff(String)
        /// Nobody knows whether it was taken.
        case lost(String)
        /// This machine cannot read the body that it has kept.
        case unreadable(any Error)
    }

    /// Of an answer that is read whole before a byte of it goes on.
    static let wholeByteCountMax = 64 << 10
    /// The other end has waited for more of the request than came.
    private static let requestTimeout = 408

    /// - Parameter socket: with whoever may end the waits of it.
    static func run(_ head: PassedHead, _ body: PassedBody?, by socket: MemberSocket) -> Outcome {
        let isBegun = socket.sendWaiting(head.bytes(bodyByteCount: body?.byteCount ?? 0)[...])
        let isSent: Bool
        do { isSent = try isBegun && (body?.send(to: socket) ?? true) } catch { return .unreadable(error) }
        do {
            // Where not all of it went out an answer may be here all the same: that it is too long, say.
            var reader = AnswerReader(socket)
            var answer = try reader.answer()
            // What went out may not have come: it is the other end that knows.
            guard answer.status != requestTimeout else { return (isBegun ? Outcome.cutOff : Outcome.untaken)("the other end waited in vain for the rest of the request") }
            let isBare = head.isBare(answer.status)
            guard isBare || length(of: answer) ?? .max <= wholeByteCountMax else { return .long(answer, reader) }
            // While it comes the request can still be tried elsewhere, if it is repeatable.
            if !isBare {
                try reader.body(of: answer) { piece in
                    guard piece.count <= wholeByteCountMax - answer.body.count else { throw CommandError("the answer is longer than it says") }
                    answer.body += piece
                }
            }
            return .whole(answer)
        } catch {
            return isSent ? .lost("\(error)") : isBegun ? .cutOff("\(error)") : .untaken("\(error)")
        }
    }

    /// As it says itself; nil where it does not.
    static func length(of answer: APIClient.Answer) -> Int? { answer.headers["content-length"].flatMap { Int($0) } }
}
