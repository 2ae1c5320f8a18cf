import Documents
import Query
import XCTest

@testable import Ingest

/// Goal: a condition's arrows find in an event's data what PostgreSQL's find in the same JSONB. Method: every arrow against data of every shape; what is to be found was asked of
/// PostgreSQL 15 (`SELECT '…'::jsonb->0 IS NOT NULL`).
final class EventConditionTests: XCTestCase {
    private static let data = [#"{"0":1}"#, "[5]", "[]", #"{"a":null}"#, #"{"a":{"b":1}}"#, "5", #"[1,{"b":1}]"#, #"{"1":{"b":1}}"#, #"{"a":["x","y"]}"#, #"{"-1":2,"01":3}"#]

    private func event(_ data: String) -> EventDraft {
        EventDraft(id: "1", origin: .administrator, type: "t", subject: nil, time: 0, data: Array(data.utf8))
    }

    func test_takes_arrows_tellMembersFromElements() throws {
        for (condition, wanted) in [
            ("data->0 IS NOT NULL", ["[5]", "5", #"[1,{"b":1}]"#]), ("data->'0' IS NOT NULL", [#"{"0":1}"#]), ("data->-1 IS NOT NULL", ["[5]", "5", #"[1,{"b":1}]"#]),
            ("data->-2 IS NOT NULL", [#"[1,{"b":1}]"#]), ("data -> -1 ->> 'b' = '1'", [#"[1,{"b":1}]"#]), ("data->1->>'b' = '1'", [#"[1,{"b":1}]"#]),
            ("data->'1'->>'b' = '1'", [#"{"1":{"b":1}}"#]), ("data->'a' IS NOT NULL", [#"{"a":null}"#, #"{"a":{"b":1}}"#, #"{"a":["x","y"]}"#]),
            ("data->>'a' IS NOT NULL", [#"{"a":{"b":1}}"#, #"{"a":["x","y"]}"#]), ("data->'a'->>-1 = 'y'", [#"{"a":["x","y"]}"#]), ("data->'a'->>'1' = 'y'", []),
            ("data->'-1' IS NOT NULL", [#"{"-1":2,"01":3}"#]), ("data->01 IS NOT NULL", [#"[1,{"b":1}]"#]), ("data->2147483647 IS NULL AND data->-2147483648 IS NULL", Self.data),
        ] {
            let condition = (text: condition, value: try EventCondition(condition))
            XCTAssertEqual(Self.data.filter { data in EventCondition.those(of: [condition.value], for: event(data)) { $0 }.count == 1 }, wanted, condition.text)
        }
    }

    /// However many conditions name members of it, an event is read once: they look at what was read, and not at its bytes.
    func test_takes_looksAtWhatWasRead() throws {
        let condition = try EventCondition("data->>'a' = '1' AND data->'b'->>0 = 'x' AND type = 't'")
        let other = Array(#"{"a":1,"b":["x"]}"#.utf8)
        XCTAssertTrue(try BoundedJSON.read(other) { try condition.takes(event("no JSON"), $0) })
        XCTAssertThrowsError(try condition.takes(event(#"{"a":1,"b":["x"]}"#), nil))
        XCTAssertTrue(try EventCondition("type = 't' AND data = 'no JSON'").takes(event("no JSON"), nil))
    }

    /// What cannot be read goes to those alone who do not look inside.
    func test_those_ofDataThatCannotBeRead() throws {
        let conditions: [EventCondition?] = [try EventCondition("data->>'a' = '1'"), nil, try EventCondition("type = 't'"), try EventCondition("data->>'a' IS NULL")]
        let places = EventCondition.those(of: Array(conditions.indices), for: event("{")) { conditions[$0] }
        XCTAssertEqual(places, [1, 2])
        XCTAssertEqual(EventCondition.those(of: Array(conditions.indices), for: event(#"{"a":1}"#)) { conditions[$0] }, [0, 1, 2])
        XCTAssertEqual(EventCondition.those(of: Array(conditions.indices), for: event("{}")) { conditions[$0] }, [1, 2, 3])
    }

    /// Whoever publishes says how long the data is; nothing else would end a condition. Each normal form takes 56 of 67 million steps, of each event anew.
    func test_takes_whatTakesLong_isRefused() throws {
        let data = "a" + String(repeating: "\u{301}\u{316}", count: 7_500)
        let once = try EventCondition("length(normalize(data)) = 15000"), twice = try EventCondition("length(normalize(data)) + length(normalize('a' || data)) > 0")
        for _ in 0..<3 {
            XCTAssertTrue(try once.takes(event(data), nil))
            XCTAssertThrowsError(try twice.takes(event(data), nil))
            XCTAssertTrue(try twice.takes(event("a"), nil))
        }
    }

    /// Two conditions may take all their steps of an event: what looks at its data behind them is not true of it, whatever it says.
    func test_those_behindTwoThatTakeAllSteps_lookAtDataNoMore() throws {
        let data = "a" + String(repeating: "\u{301}\u{316}", count: 7_500)
        let heavy = try EventCondition("length(normalize(data)) + length(normalize('a' || data)) > 0"), light = try EventCondition("length(data) > 0"), other = try EventCondition("type = 't'")
        let conditions: [EventCondition?] = [light, heavy, heavy, light, other, nil]
        XCTAssertEqual(EventCondition.those(of: Array(conditions.indices), for: event(data)) { conditions[$0] }, [0, 4, 5])
        XCTAssertEqual(EventCondition.those(of: Array(conditions.indices), for: event("a")) { conditions[$0] }, [0, 1, 2, 3, 4, 5])
    }

    /// Compiling a pattern that comes with the event is work of that event's conditions, also where RE2 gives it up.
    func test_those_withPatternsOfTheData_takeTheirSteps() throws {
        let large = String(repeating: #"\\w{255}"#, count: 5)
        let given = try EventCondition("data->>'x' ~ (data->>'p')"), path = try EventCondition("jsonb_path_exists(data::jsonb, data->>'q')"), light = try EventCondition("length(data) > 0")
        func places(_ pattern: String) -> [Int] {
            // Once more in the path, within quotes of its own.
            let nested = pattern.replacing("\\", with: "\\\\")
            let data = #"{"x":"ab","p":"\#(pattern)","q":"$.x ? (@ like_regex \"\#(nested)\")"}"#
            return EventCondition.those(of: [0, 1, 2], for: event(data)) { [given, path, light][$0] }
        }
        XCTAssertEqual(places("^a"), [0, 1, 2])
        XCTAssertEqual(places(large), [], "two have taken all steps")
    }

    func test_init_timeIsOver_isRefusedAsThat() {
        XCTAssertNoThrow(try EventCondition("data->>'a' = '1'", within: 3_600))
        XCTAssertThrowsError(try EventCondition("data->>'a' = '1'", within: -1)) { error in
            XCTAssertEqual((error as? QueryError)?.slug, .queryTimeout, "\(error)")
            XCTAssertEqual(EventCondition.fault(error).errors.map(\.code), ["query-timeout"])
        }
        XCTAssertThrowsError(try EventCondition("data->>'a' =", within: 3_600)) { XCTAssertEqual(EventCondition.fault($0).errors.map(\.code), ["bad-sql"]) }
    }

    func test_init_arrowsToNothing_areRefused() {
        for condition in ["data->", "data->-", "data->>- 1 = 'x'", "data->2147483648 IS NULL", "data->->'a' IS NULL", "data->x IS NULL"] {
            XCTAssertThrowsError(try EventCondition(condition), condition)
        }
    }

    func test_init_whatIsNotClosed_isRefused() {
        for condition in [
            "'Bonn' = data->>'store", "data->'a", "data->>'", "type = 'a", "type = \"a", "type = $$a", "type = $t$a$$", #"type = E'a\'"#, "type = 'a' /* /* */", "data->>'a\u{0}' = 'b'",
        ] {
            XCTAssertThrowsError(try EventCondition(condition), condition) { XCTAssertEqual(($0 as? QueryError)?.slug, .badSQL, condition) }
        }
    }

    /// `data` in what the lexer passes over is no name, and behind that it is one again.
    func test_takes_stringsAndComments_endWhereTheyDoInSQL() throws {
        for text in [
            #"type || E'\' data->>\'a\' ' = $$t' data->>'a' $$ AND data->>'a' = '1'"#, "type || $x$ it's $x$ = 't it''s ' AND data->>'a' = '1'", "/* /* */ it's */ data->>'a' = '1'",
            "-- it's\r data->>'a' = '1'", "type || E'a' -- it's\n '\\'b' = 'ta''b' AND data->>'a' = '1'", "type || $$ data->>'a'$$ = 't data->>''a''' AND data->>'a' = '1'",
            "type || U&'\\0061' = 'ta' AND data->>'a' = '1'", "data->>'b''c' = '2' AND data->>'a' = '1'",
        ] {
            let condition = try EventCondition(text)
            XCTAssertEqual(EventCondition.those(of: [condition], for: event(#"{"a":"1","b'c":"2"}"#)) { $0 }.count, 1, text)
            XCTAssertEqual(EventCondition.those(of: [condition], for: event(#"{"a":"2","b'c":"2"}"#)) { $0 }.count, 0, text)
        }
    }

    /// They look alike, and are two members.
    func test_takes_namesOfOtherBytes_areOtherMembers() throws {
        let condition = try EventCondition("data->>'\u{E9}' = '1' AND data->>'e\u{301}' = '2'")
        XCTAssertEqual(EventCondition.those(of: [condition], for: event("{\"\u{E9}\":\"1\",\"e\u{301}\":\"2\"}")) { $0 }.count, 1)
        XCTAssertEqual(EventCondition.those(of: [condition], for: event("{\"\u{E9}\":\"1\"}")) { $0 }.count, 0)
    }
}
