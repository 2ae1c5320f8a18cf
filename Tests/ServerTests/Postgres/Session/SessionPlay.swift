import XCTest

@testable import Server

/// A session over a stand-in for the store, which knows the questions of `SessionHistory` by heart.
struct SessionPlay {
    private struct Open {
        var rows: [[Int32?]]
        /// The row at which it fails.
        var failsAt: Int?
        var place = 0
        var isText = false
    }

    private var session: PostgresSession
    private var questions: [Int: String] = [:]
    private var opened: [Int: Open] = [:]
    private var writer = BackendWriter()
    private var isEnded = false
    private var inTransaction = false

    static func play(_ history: [FrontendMessage]) throws -> [UInt8] {
        var play = SessionPlay(session: PostgresSession(try SessionSettings([], user: "till")))
        for message in history where !play.isEnded { play.step(.message(message)) }
        XCTAssertTrue(play.opened.keys.allSatisfy { play.session.holds($0) }, "portals that nobody closes: \(play.opened.keys)")
        XCTAssertTrue(play.questions.keys.allSatisfy { play.session.holds($0) }, "statements that nobody forgets: \(play.questions)")
        return play.writer.take()
    }

    private init(session: PostgresSession) { self.session = session }

    private mutating func step(_ input: SessionInput) {
        for effect in session.step(input) {
            switch effect {
            case .send(let message): writer.write(message)
            case .flush: break
            case .end: isEnded = true
            case .beginTransaction:
                XCTAssertFalse(inTransaction, "a transaction in a transaction")
                inTransaction = true
            case .endTransaction:
                XCTAssertTrue(inTransaction, "no transaction to end")
                inTransaction = false
            case .forgetStatement(let number): XCTAssertNotNil(questions.removeValue(forKey: number), "statement \(number) is not held")
            case .closePortal(let number): XCTAssertNotNil(opened.removeValue(forKey: number), "portal \(number) is not held")
            case .prepare(let prepare): step(.prepared(self.prepare(prepare)))
            case .open(let open): step(.opened(self.open(open)))
            case .run(let run): step(.ran(self.run(run)))
            case .goOn: step(.goesOn)
            }
        }
    }

    private mutating func prepare(_ prepare: SessionEffect.Prepare) -> Result<SessionInput.Shape, PostgresFault> {
        func shape(_ name: String, _ type: PostgresType, parameters: Int = 0) -> SessionInput.Shape {
            .init(parameterTypes: [UInt32](repeating: 23, count: parameters), columns: [WireField(name, type: type.rawValue, size: type.size)])
        }
        let found: SessionInput.Shape
        switch prepare.text.trimmingCharacters(in: .whitespaces) {
        case "SELECT 1": found = shape("?column?", .int4)
        case "SELECT 1, 2, 3": found = .init(parameterTypes: [], columns: [WireField](repeating: WireField("?column?", type: PostgresType.int4.rawValue, size: 4), count: 3))
        case "SELECT generate_series(1,5) AS n": found = shape("n", .int4)
        case "SELECT 1/(n-3) FROM generate_series(1,5) AS n": found = shape("?column?", .int4)
        case "SELECT 'x'::text AS t": found = shape("t", .text)
        case "SELECT $1::int4 AS p": found = shape("p", .int4, parameters: 1)
        case "SELECT $1::int4 + $2::int4 AS s": found = shape("s", .int4, parameters: 2)
        default: return .failure(PostgresFault(SQLState(rawValue: "42P01"), "no such table"))
        }
        questions[prepare.statement] = prepare.text.trimmingCharacters(in: .whitespaces)
        return .success(found)
    }

    private mutating func open(_ open: SessionEffect.Open) -> PostgresFault? {
        guard let text = questions[open.statement] else {
            XCTFail("statement \(open.statement) is not held")
            return nil
        }
        var values: [Int32?] = []
        if case .bound(let formats, let bound) = open.arguments {
            for (index, value) in bound.enumerated() {
                guard let value else {
                    values.append(nil)
                    continue
                }
                let format = formats.count == bound.count ? formats[index] : formats.first ?? .text
                do throws(PostgresFault) {
                    let read = format == .binary ? try PostgresBinary.read(value[...], .plain(.int4)) : try PostgresText.read(value, .plain(.int4))
                    if case .int32(let number) = read { values.append(number) }
                } catch { return error }
            }
        }
        switch text {
        case "SELECT 1": opened[open.portal] = Open(rows: [[1]])
        case "SELECT 1, 2, 3": opened[open.portal] = Open(rows: [[1, 2, 3]])
        case "SELECT generate_series(1,5) AS n": opened[open.portal] = Open(rows: (1...5).map { [$0] })
        case "SELECT 1/(n-3) FROM generate_series(1,5) AS n": opened[open.portal] = Open(rows: [[0], [-1]], failsAt: 2)
        case "SELECT 'x'::text AS t": opened[open.portal] = Open(rows: [[nil]], isText: true)
        case "SELECT $1::int4 AS p": opened[open.portal] = Open(rows: [[values[0]]])
        default: opened[open.portal] = Open(rows: [[values[0].flatMap { left in values[1].map { left + $0 } }]])
        }
        return nil
    }

    private mutating func run(_ run: SessionEffect.Run) -> SessionInput.Outcome {
        guard var open = opened[run.portal] else {
            XCTFail("portal \(run.portal) is not held")
            return .finished(rows: 0)
        }
        var limit: Int?
        var isMove = false
        var copied: CopyOptions?
        switch run.rows {
        case .next(let rows): limit = rows
        case .fetch(.forward(let rows), let moves): (limit, isMove) = (rows, moves)
        case .fetch(let direction, _): XCTFail("\(direction) of a cursor that goes forward")
        case .copy(let options): copied = options
        }
        var rows = 0
        defer { opened[run.portal] = open }
        while limit.map({ rows < $0 }) ?? true {
            if open.place == open.failsAt { return .failed(PostgresFault(.divisionByZero, "division by zero")) }
            guard open.place < open.rows.count else { return .finished(rows: rows) }
            if copied != nil {
                writer.write(.copyData(Array(open.rows[open.place].map { $0.map(String.init) ?? "\\N" }.joined(separator: "\t").utf8) + [0x0A]))
            } else if !isMove {
                writer.write(.dataRow(open.isText ? [Array("x".utf8)] : zip(open.rows[open.place], run.formats).map(Self.bytes)))
            }
            open.place += 1
            rows += 1
        }
        return .suspended(rows: rows)
    }

    private static func bytes(_ value: Int32?, _ format: WireFormat) -> [UInt8]? {
        value.map { value in
            var bytes: [UInt8] = []
            if format == .binary { PostgresBinary.append(.int32(value), .plain(.int4), to: &bytes) } else { PostgresText.append(.int32(value), .plain(.int4), to: &bytes) }
            return bytes
        }
    }
}

extension PostgresSession {
    /// Whether a statement or a portal of this number can still be named.
    fileprivate func holds(_ number: Int) -> Bool {
        statements.values.contains { $0.question == number }
            || portals.values.contains { portal in if case .question(number) = portal.source { true } else { portal.executed?.rows == number } }
    }
}
