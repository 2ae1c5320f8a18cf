import TestSupport

@testable import Server

/// What a client may say, by chance.
enum SessionHistory {
    private static let names = ["", "", "s1", "s2"]
    private static let portals = ["", "", "p1"]

    static let questions = ["SELECT 1", "SELECT generate_series(1,5) AS n", "SELECT 1/(n-3) FROM generate_series(1,5) AS n", "SELECT 'x'::text AS t", "SELECT nothing FROM nowhere"]
    static let withParameters = ["SELECT $1::int4 AS p", "SELECT $1::int4 + $2::int4 AS s"]
    private static let transactions = [
        "BEGIN", "BEGIN", "START TRANSACTION READ ONLY", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT a", "SAVEPOINT b", "RELEASE a", "RELEASE SAVEPOINT b", "ROLLBACK TO a", "ROLLBACK TO SAVEPOINT b", "COMMIT AND CHAIN",
        "ROLLBACK AND CHAIN",
    ]
    private static let others = [
        "SET application_name = 'x'", "SET application_name TO DEFAULT", "SET LOCAL application_name = 'local'", "SHOW application_name", "RESET application_name", "SET nothing_known = 1", "SHOW nothing_known", "SET extra_float_digits = 3",
        "DEALLOCATE s1", "DEALLOCATE ALL", "PREPARE s1 AS SELECT 1", "PREPARE s2 AS SELECT generate_series(1,5) AS n", "EXECUTE s1", "EXECUTE s2", "DECLARE c NO SCROLL CURSOR FOR SELECT generate_series(1,5) AS n",
        "DECLARE h CURSOR WITH HOLD FOR SELECT generate_series(1,5) AS n", "FETCH c", "FETCH 2 FROM c", "FETCH ALL FROM c", "MOVE 2 IN c", "FETCH BACKWARD 1 FROM c", "FETCH 3 FROM h", "CLOSE c", "CLOSE h", "CLOSE ALL",
        "COPY (SELECT 1) TO STDOUT", "COPY (SELECT generate_series(1,5) AS n) TO STDOUT (FORMAT csv)", "CREATE TABLE t ()", "LISTEN x", "UNLISTEN *", "DISCARD PLANS", "DISCARD ALL", "SET TRANSACTION READ ONLY", "",
    ]

    static func make(using random: inout SplitMix64) -> [FrontendMessage] {
        var history: [FrontendMessage] = []
        for _ in 0..<Int.random(in: 3...25, using: &random) { history += one(using: &random) }
        return history + [.sync, .terminate]
    }

    /// Commands whose rows Execute takes bit by bit.
    static let parts: [[FrontendMessage]] = [("FETCH 3 FROM c", [2, 2, 2]), ("FETCH 4 FROM c", [2, 2, 2, 0]), ("FETCH ALL FROM c", [2, 2, 2, 2]), ("FETCH 3 FROM c", [1, 0, 1]), ("FETCH 2 FROM c", [5, 5]), ("SHOW application_name", [1, 1, 1])].map { text, counts in
        [.query("BEGIN; DECLARE c CURSOR FOR SELECT generate_series(1,5) AS n"), .parse(.init(name: "", query: text)), .bind(.init(portal: "", statement: "")), .describe(.portal(""))]
            + counts.map { .execute(portal: "", rowsMax: $0) } + [.sync, .query("FETCH c"), .query("COMMIT"), .sync, .terminate]
    }

    /// What EXECUTE runs, bit by bit.
    static let executedParts: [[FrontendMessage]] = [("EXECUTE s2", [2, 2, 2, 1]), ("EXECUTE s2", [2, 0, 0]), ("EXECUTE s2", [5, 5]), ("EXECUTE s2", [0, 1]), ("EXECUTE s1", [1, 1])].map { text, counts in
        [.query("PREPARE s2 AS SELECT generate_series(1,5) AS n; PREPARE s1 AS SELECT 1"), .parse(.init(name: "", query: text)), .bind(.init(portal: "", statement: "")), .describe(.portal(""))]
            + counts.map { .execute(portal: "", rowsMax: $0) } + [.sync, .query("SELECT 1"), .sync, .terminate]
    }

    /// What is refused asks the store for nothing: the next message is taken as ever.
    private static let backwards: [[FrontendMessage]] =
        ["FETCH PRIOR FROM c", "FETCH BACKWARD ALL FROM c", "FETCH -1 FROM c", "FETCH RELATIVE -1 FROM c", "MOVE BACKWARD 1 IN c"].flatMap { (text: String) -> [[FrontendMessage]] in
            let begun: FrontendMessage = .query("BEGIN; DECLARE c NO SCROLL CURSOR FOR SELECT generate_series(1,5) AS n; FETCH 2 FROM c")
            return [
                [begun, .query(text), .query("SELECT 1"), .query("ROLLBACK"), .sync, .terminate],
                [begun, .parse(.init(name: "", query: text)), .bind(.init(portal: "", statement: "")), .execute(portal: "", rowsMax: 0), .sync, .query("COMMIT"), .sync, .terminate],
            ]
        }

    /// A statement may execute itself, or be none.
    private static let executing: [[FrontendMessage]] = [
        [.parse(.init(name: "s1", query: "EXECUTE s1")), .bind(.init(portal: "", statement: "s1")), .describe(.portal("")), .execute(portal: "", rowsMax: 0), .sync, .query("SELECT 1"), .sync, .terminate],
        [
            .parse(.init(name: "s1", query: "")), .query("EXECUTE s1"), .parse(.init(name: "", query: "EXECUTE s1")), .bind(.init(portal: "", statement: "")), .describe(.portal("")), .execute(portal: "", rowsMax: 0), .sync,
            .query("SELECT 1; EXECUTE s1; SELECT 1"), .sync, .terminate,
        ],
        // What has no parameters is given none, whatever is said.
        [.query("PREPARE s1 AS SELECT 1"), .query("EXECUTE s1(5)"), .sync, .terminate],
        // What is executed was not there when it was parsed: its rows have the columns of what is there now.
        [.parse(.init(name: "s1", query: "EXECUTE s2")), .sync, .query("PREPARE s2 AS SELECT 1"), .query("EXECUTE s1"), .query("SELECT 1; EXECUTE s1"), .sync, .terminate],
    ]
    /// A transaction's level is said before its first question, and in none of its savepoints.
    static let levels: [[FrontendMessage]] = {
        let level = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"
        let texts: [[String]] = [
            ["BEGIN", "SELECT 1", level, "ROLLBACK"], ["BEGIN", level, "SELECT 1", level, "COMMIT"], ["BEGIN", "SHOW application_name", level, "COMMIT"], ["BEGIN", "SAVEPOINT a", level, "ROLLBACK"],
            ["BEGIN", "CLOSE ALL", level, "ROLLBACK"], ["BEGIN", "PREPARE s1 AS SELECT 1", level, "ROLLBACK"], ["BEGIN", "DECLARE c CURSOR FOR SELECT 1", level, "ROLLBACK"], ["BEGIN; SELECT 1; \(level)", "ROLLBACK", level],
            ["BEGIN", "SELECT 1", "COMMIT AND CHAIN", level, "ROLLBACK"], ["BEGIN", "SELECT 1", "SET transaction_isolation = 'serializable'", "ROLLBACK"], ["BEGIN", "SELECT 1", "BEGIN ISOLATION LEVEL SERIALIZABLE", "ROLLBACK"],
            ["SELECT 1; BEGIN ISOLATION LEVEL SERIALIZABLE", "SELECT 1"],
            ["BEGIN ISOLATION LEVEL SERIALIZABLE", "SELECT 1", level, "ROLLBACK AND CHAIN", "SHOW transaction_isolation", "ROLLBACK"], ["SELECT 1; \(level)", "SELECT 1"],
        ]
        var histories: [[FrontendMessage]] = texts.map { texts in texts.map { .query($0) } + [.sync, .terminate] }
        histories.append([.query("BEGIN"), .parse(.init(name: "", query: "SELECT 1")), .sync, .query(level), .query("ROLLBACK"), .sync, .terminate])
        return histories
    }()

    static let refused = backwards + executing + levels + executedParts

    /// A statement of other columns under a name that EXECUTE was bound with: PostgreSQL gives its rows by the columns of the one before.
    static let replaced: [FrontendMessage] = [
        .query("PREPARE s2 AS SELECT 1"), .parse(.init(name: "s1", query: "EXECUTE s2")), .bind(.init(portal: "", statement: "s1", resultFormats: [.binary])), .close(.statement("s2")),
        .parse(.init(name: "s2", query: "SELECT 1, 2, 3")), .execute(portal: "", rowsMax: 0), .sync, .terminate,
    ]

    /// Two statements that execute each other: PostgreSQL goes on for a minute before its stack is used up.
    static let mutual: [FrontendMessage] = [
        .parse(.init(name: "s1", query: "EXECUTE s2")), .parse(.init(name: "s2", query: "EXECUTE s1")), .bind(.init(portal: "", statement: "s2")), .execute(portal: "", rowsMax: 0), .sync, .query("EXECUTE s1"), .sync,
        .terminate,
    ]

    /// Rows of a FETCH that Execute takes bit by bit are the cursor's, which goes all the way: there PostgreSQL keeps them, and this server takes them as they are asked for, so that
    /// another FETCH between two of them finds more.
    ///
    /// What a named one does EXECUTE may do too, whose rows PostgreSQL keeps until the last has come: one that fails on the way has given none there.
    private static func kept(_ name: String, using random: inout SplitMix64) -> String {
        let found = statement(using: &random)
        if !name.isEmpty, found.contains("1/(n-3)") { return "SELECT 1" }
        return found.hasPrefix("FETCH") || found.hasPrefix("EXECUTE") ? "SELECT 1" : found
    }

    private static func statement(using random: inout SplitMix64) -> String {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4: questions.randomElement(using: &random) ?? ""
        case 4..<7: transactions.randomElement(using: &random) ?? ""
        default: others.randomElement(using: &random) ?? ""
        }
    }

    private static func one(using random: inout SplitMix64) -> [FrontendMessage] {
        let name = names.randomElement(using: &random) ?? "", portal = portals.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<4: return [.query((0..<[1, 1, 1, 2, 3].randomElement(using: &random)!).map { _ in statement(using: &random) }.joined(separator: "; "))]
        case 4..<7: return [.parse(.init(name: name, query: kept(name, using: &random)))]
        case 7: return [.parse(.init(name: name, query: withParameters.randomElement(using: &random) ?? "", parameterTypes: [[], [23]].randomElement(using: &random) ?? []))]
        case 8..<11: return [bind(portal, name, using: &random)]
        case 11: return [.describe(Bool.random(using: &random) ? .statement(name) : .portal(portal))]
        case 12..<15: return [.execute(portal: portal, rowsMax: [0, 0, 1, 2, 5].randomElement(using: &random) ?? 0)]
        case 15: return [.close(Bool.random(using: &random) ? .statement(name) : .portal(portal))]
        case 16..<18: return [.sync]
        case 18: return [[.flush, .copyDone, .copyData([1]), .copyFail("x")].randomElement(using: &random) ?? .flush]
        default:
            // As drivers do it.
            let query = statement(using: &random)
            return [.parse(.init(name: "", query: query)), .bind(.init(portal: "", statement: "")), .describe(.portal("")), .execute(portal: "", rowsMax: 0), .sync]
        }
    }

    private static func bind(_ portal: String, _ name: String, using random: inout SplitMix64) -> FrontendMessage {
        let values: [[UInt8]?] = [[], [], [Array("7".utf8)], [Array("7".utf8), Array("8".utf8)], [nil], [Array("x".utf8)]].randomElement(using: &random) ?? []
        let isBinary = values.count == 2 && Bool.random(using: &random)
        return .bind(.init(
            portal: portal, statement: name, parameterFormats: isBinary ? [.binary] : [], parameters: isBinary ? [[0, 0, 0, 7], [0, 0, 0, 8]] : values,
            resultFormats: [[], [], [.text], [.binary], [.text, .binary]].randomElement(using: &random) ?? []))
    }
}
