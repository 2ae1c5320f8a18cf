import ColumnStore
import Server

/// PostgreSQL's protocol: what comes before anybody is known, a session's messages, values in binary.
extension Door {
    static let postgres: [Door] = [postgresSession, postgresPassword, postgresValue]

    /// Bytes of a connection, whole and in pieces: the same messages; each answered, over a store that is asked and always has something to say.
    private static let postgresSession = Door(
        name: "postgres", seeds: { PostgresSeeds.sessions }, words: { PostgresSeeds.words },
        fuzz: { bytes in
            let (whole, pieces) = (PostgresTrial.messages(Array(bytes), size: max(1, bytes.count)), PostgresTrial.messages(Array(bytes), size: 3))
            precondition(whole == pieces, "pieces are read otherwise than the whole")
            var trial = try PostgresTrial()
            for message in whole { trial.take(message) }
        })

    /// SASL's messages, one behind the other, each behind its length.
    private static let postgresPassword = Door(
        name: "postgres-password", seeds: { PostgresSeeds.passwords }, words: { ["n,,", "y,,", "p=tls-server-end-point,,", ",r=", "c=biws", ",p=", "n=", "a=", "m=", "SCRAM-SHA-256", "-PLUS\0"] },
        fuzz: { bytes in
            var parts = Choices(bytes)
            let salt = [UInt8](repeating: 1, count: 16)
            let secret = ScramSecret(password: "pencil", salt: salt, iterations: 1)
            var scram = Scram(.init(salt: salt, iterations: 1, secrets: [secret]), binding: parts.flag() ? [7] : nil, nonce: "server")
            while !parts.isAtEnd {
                let message = parts.bytes(parts.below(256))
                guard case .accepted? = try? scram.step(message) else { continue }
                preconditionFailure("whoever does not know the password is let in")
            }
        })

    /// A value of some type: what is read is written, and read again as the same.
    private static let postgresValue = Door(
        name: "postgres-value", seeds: { PostgresSeeds.values },
        fuzz: { bytes in
            var parts = Choices(bytes)
            let types = PostgresType.allCases
            let type = types[parts.below(types.count)]
            let kind: PostgresColumnType = parts.flag() && type.arrayType != 0 ? .array(of: type) : .plain(type)
            let rest = parts.rest()
            if let value = try? PostgresBinary.read(rest[...], kind) {
                var binary: [UInt8] = [], text: [UInt8] = []
                PostgresBinary.append(value, kind, to: &binary)
                let again = try PostgresBinary.read(binary[...], kind)
                PostgresText.append(value, kind, to: &text)
                var other: [UInt8] = []
                PostgresText.append(again, kind, to: &other)
                precondition(text == other, "a value is not the one that was written")
            }
            if let value = try? PostgresText.read(rest, kind) {
                var text: [UInt8] = []
                PostgresText.append(value, kind, to: &text)
                precondition(!text.contains(0), "a text with a zero")
            }
        })
}

/// A session whose questions all have an answer.
private struct PostgresTrial {
    enum Heard: Equatable {
        case message(FrontendMessage)
        case fault(PostgresFault)
    }

    private var session: PostgresSession
    private var isEnded = false
    private var writer = BackendWriter()
    private var questions: Set<Int> = [], portals: Set<Int> = []

    init() throws { session = PostgresSession(try SessionSettings([.init("application_name", "fuzz")], user: "shop")) }

    /// A first byte of `s` begins at the startup packet, all others in the session.
    static func messages(_ bytes: [UInt8], size: Int) -> [Heard] {
        var decoder = FrontendDecoder(limits: .init(large: 1 << 16))
        var heard: [Heard] = []
        let isNew = bytes.first == UInt8(ascii: "s")
        decoder.phase = isNew ? .startup : .session
        let body = bytes.dropFirst(isNew ? 1 : 0)
        for start in stride(from: body.startIndex, to: body.endIndex, by: size) {
            decoder.append(body[start..<min(start + size, body.endIndex)])
            while true {
                do throws(PostgresFault) {
                    if decoder.phase == .startup {
                        guard let message = try decoder.nextStartup() else { break }
                        if case .start = message { decoder.phase = .session }
                        continue
                    }
                    guard let message = try decoder.next() else { break }
                    heard.append(.message(message))
                } catch {
                    heard.append(.fault(error))
                    if error.severity == .fatal { return heard }
                }
            }
            precondition(decoder.pendingCount <= (1 << 16) + 8 + size, "more is held than a message")
        }
        return heard
    }

    mutating func take(_ heard: Heard) {
        guard !isEnded else { return }
        switch heard {
        case .message(let message): step(.message(message))
        case .fault(let fault): step(.malformed(fault))
        }
        precondition(!session.isWaiting || isEnded, "it waits for an answer that it has")
        _ = writer.take()
    }

    private mutating func step(_ input: SessionInput) {
        for effect in session.step(input) {
            switch effect {
            case .send(let message): writer.write(message)
            case .flush, .beginTransaction, .endTransaction: break
            case .end: isEnded = true
            case .prepare(let prepare):
                questions.insert(prepare.statement)
                let count = prepare.text.unicodeScalars.filter { $0 == "$" }.count % 4
                step(.prepared(.success(.init(parameterTypes: [UInt32](repeating: 23, count: count), columns: [WireField("n", type: 23, size: 4)]))))
            case .open(let open):
                precondition(questions.contains(open.statement), "a question is opened that nobody holds")
                portals.insert(open.portal)
                step(.opened(nil))
            case .run(let run):
                precondition(portals.contains(run.portal), "a portal runs that is not open")
                step(.ran(run.portal % 3 == 0 ? .failed(PostgresFault(.divisionByZero, "division by zero")) : .finished(rows: 1)))
            case .goOn: step(.goesOn)
            case .closePortal(let portal): precondition(portals.remove(portal) != nil, "a portal is closed twice")
            case .forgetStatement(let statement): precondition(questions.remove(statement) != nil, "a question is forgotten twice")
            }
        }
    }
}

private enum PostgresSeeds {
    private static func integer(_ value: Int32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> Int32(24 - 8 * $0)) } }
    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }
    private static func message(_ type: Character, _ body: [UInt8]) -> [UInt8] { [type.asciiValue ?? 0] + integer(Int32(body.count + 4)) + body }
    private static let sync = message("S", [])

    static let sessions: [[UInt8]] = [
        Array("s".utf8) + integer(24) + integer(196_608) + text("user") + text("shop") + [0, 0, 0, 0, 0, 0].prefix(1) + message("Q", text("SELECT 1")),
        message("Q", text("BEGIN; SELECT 'a;b', $$;$$ /* ; */; COMMIT")), message("Q", text("SET TIME ZONE 'Europe/Kyiv'; SHOW TIME ZONE; DISCARD ALL")),
        message("P", text("s") + text("SELECT $1") + [0, 1, 0, 0, 0, 23]) + message("B", text("p") + text("s") + [0, 1, 0, 1, 0, 1] + integer(4) + integer(7) + [0, 1, 0, 1])
            + message("D", Array("P".utf8) + text("p")) + message("E", text("p") + integer(2)) + message("C", Array("S".utf8) + text("s")) + sync,
        message("Q", text("BEGIN; SAVEPOINT a; DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT 1; FETCH BACKWARD 2 FROM c; ROLLBACK TO a")),
        message("Q", text("PREPARE q(int) AS SELECT $1; EXECUTE q(1 + (2)); DEALLOCATE q; COPY (SELECT 1) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';')")), message("F", [0]) + message("X", []),
    ]

    static let words = [
        "BEGIN", "COMMIT AND CHAIN", "ROLLBACK TO", "SAVEPOINT", "RELEASE", "DECLARE", "CURSOR WITH HOLD FOR", "FETCH", "MOVE", "ABSOLUTE", "RELATIVE", "BACKWARD", "CLOSE ALL", "PREPARE", "EXECUTE", "DEALLOCATE ALL", "DISCARD ALL", "COPY",
        "TO STDOUT", "FORMAT binary", "SET LOCAL", "SHOW ALL", "RESET ALL", "LISTEN", "EXPLAIN", "$tag$", "E'\\''", "/*", "*/", "--", ";", "\0\0\0\u{4}S",
    ]

    static let passwords: [[UInt8]] = [
        { (data: [UInt8]) in [0, UInt8(data.count)] + data }(text("SCRAM-SHA-256") + integer(12) + Array("n,,n=,r=abcd".utf8)),
        { (data: [UInt8]) in [1, UInt8(data.count)] + data }(text("SCRAM-SHA-256-PLUS") + integer(34) + Array("p=tls-server-end-point,,n=,r=abcde".utf8)),
    ]

    static let values: [[UInt8]] = [
        [7, 1] + integer(1) + integer(1) + integer(23) + integer(2) + integer(1) + integer(4) + integer(7) + integer(-1), [25, 0, 0, 2, 0, 1, 0x40, 0, 0, 4, 0, 1, 0x27, 0x0F], [8, 1] + Array("{a,\"b\\\"c\",NULL}".utf8),
        [20, 0] + Array("2026-11-20 12:00:00+02".utf8), [24, 0] + Array("1 year -2 mons +3 days -04:05:06.7".utf8), [25, 0] + Array("-123456.789e-3".utf8),
    ]
}
