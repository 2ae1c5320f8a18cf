import ColumnStore
import XCTest

/// Goal: small JSON is read strictly and written back as it was. Method: what RFC 8259 allows and forbids, and what design.md adds.
final class JSONValueTests: XCTestCase {
    func test_parse_keepsDigitsAndText() throws {
        let text = #" {"a":[1,-0.50,1e400,true,false,null],"ü\n\u0041\ud83d\ude00":"x\/"} "#
        let value = try JSONParser.parse(Array(text.utf8))
        XCTAssertEqual(value["a"], .array([.number("1"), .number("-0.50"), .number("1e400"), .boolean(true), .boolean(false), .null]))
        XCTAssertEqual(value["ü\nA😀"], .string("x/"))
        XCTAssertEqual(String(decoding: value.serialized, as: UTF8.self), #"{"a":[1,-0.50,1e400,true,false,null],"ü\nA😀":"x/"}"#)
    }

    func test_serialized_whatWasParsed_isTheSameText() throws {
        for text in [
            #"{"snapshot-id":3055729675574597004,"a":[1,-2.50e+3,true,false,null],"b":{"c":"d"}}"#, "[]", "{}", "0",
            #""Хліб \"\\ \u0001 😀""#, "[[[[1]]]]",
        ] {
            XCTAssertEqual(String(decoding: try JSONParser.parse(Array(text.utf8)).serialized, as: UTF8.self), text)
        }
    }

    func test_members_numbersAreExact_andNullIsPresentOnlyAsAValue() throws {
        let value = try JSONParser.parse(Array(#"{"n":9223372036854775807,"m":9223372036854775808,"f":1.0,"z":null}"#.utf8))
        XCTAssertEqual(value["n"]?.int64, .max)
        XCTAssertNil(value["n"]?.int32)
        XCTAssertNil(value["m"]?.int64)
        XCTAssertNil(value["f"]?.int64)
        XCTAssertEqual(value["z"], .null)
        XCTAssertNil(value[present: "z"])
        XCTAssertNil(value["absent"])
    }

    func test_parse_refuses() {
        let texts = [
            "", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "01", "1.", ".5", "+1", "1e", "nul", "truex", "\"\n\"", "\"\\x\"", "\"\\ud800\"",
            "\"\\ud800\\u0041\"", "\"\\udc00\"", "[1] 2", "{\"a\":1,\"a\":2}", "'a'", "{a:1}", "[1 2]", "\"", "[", "-", "\u{FEFF}\u{FEFF}1",
            String(repeating: "[", count: 100_000),
        ]
        for text in texts { XCTAssertThrowsError(try JSONParser.parse(Array(text.utf8)), String(text.prefix(40))) }
        for bytes: [UInt8] in [[0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x22, 0xE2, 0x82, 0x22]] {
            XCTAssertThrowsError(try JSONParser.parse(bytes))
        }
        // Two spellings of one text are two names.
        XCTAssertNoThrow(try JSONParser.parse(Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8)))
    }

    func test_parse_strings_tellWhereTheyAreWrong() {
        for (text, offset) in [("\"ab\u{01}c\"", 3), ("\"ab", 3), ("\"a\\nb\u{1F}\"", 5), ("\"\\n", 3), ("\"ab\\x\"", 4), ("\"\u{0}", 1)] {
            XCTAssertThrowsError(try JSONParser.parse(Array(text.utf8)), text) { XCTAssertEqual(($0 as? JSONSyntaxError)?.offset, offset, text) }
        }
    }

    func test_parse_depthIsTheCallersToSay() throws {
        let nested = { (count: Int) in Array((String(repeating: "[{\"a\":", count: count / 2) + "1" + String(repeating: "}]", count: count / 2)).utf8) }
        XCTAssertNoThrow(try JSONParser.parse(nested(JSONParser.depthMax - 2)))
        XCTAssertThrowsError(try JSONParser.parse(nested(JSONParser.depthMax)))
        XCTAssertEqual(try JSONParser.parse(nested(1_000), depthMax: 1_001).serialized, nested(1_000))
        XCTAssertThrowsError(try JSONParser.parse(nested(1_002), depthMax: 1_001))
    }

    func test_check_findsWhatParseFinds_butNamesThatRepeat() throws {
        for text in [#" {"a":[1,-0.50,1e400,true,false,null,{}],"b":"x\/"} "#, "[]", "0", #"{"a":1,"a":2}"#] { XCTAssertNoThrow(try JSONParser.check(Array(text.utf8)), text) }
        for text in ["", "{", "[1,]", "[1 2]", #"{"a":1,}"#, #"{"a" 1}"#, "01", "truex", #"["\x"]"#, "[1] 2", "[[1,2],[3"] {
            let bytes = Array(text.utf8)
            func offset(_ read: () throws -> Void) -> Int? {
                do {
                    try read()
                    return nil
                } catch { return (error as? JSONSyntaxError)?.offset }
            }
            let checked = offset { try JSONParser.check(bytes) }
            XCTAssertNotNil(checked, text)
            XCTAssertEqual(checked, offset { _ = try JSONParser.parse(bytes) }, text)
        }
        let nested = { (count: Int) in Array((String(repeating: "[", count: count) + String(repeating: "]", count: count)).utf8) }
        XCTAssertNoThrow(try JSONParser.check(nested(1_000), depthMax: 1_000))
        XCTAssertThrowsError(try JSONParser.check(nested(1_001), depthMax: 1_000))
    }

    func test_valueByteCount_countsValuesAndNoTexts() {
        func count(_ text: String) -> Int { JSONParser.valueByteCount(of: Array(text.utf8)) }
        let ones = "[" + String(repeating: "1,", count: 100_000) + "1]"
        XCTAssertGreaterThan(count(ones), 30 * ones.utf8.count, "a number of one digit is a box and a place in a list")
        let members = "{" + (0..<10_000).map { "\"m\($0)\":1" }.joined(separator: ",") + "}"
        XCTAssertGreaterThan(count(members), 15 * members.utf8.count)
        // A long text is little more than itself, whatever stands in it.
        let text = #"[""# + String(repeating: #",:[{\"\\"#, count: 10_000) + #""]"#
        XCTAssertLessThan(count(text), 3 * text.utf8.count)
        XCTAssertGreaterThan(count(text + ",1,1,1"), count(text) + 3 * 48, "the text has ended")
        for text in ["", #"""#, #"["\"#, "]]"] { XCTAssertLessThan(count(text), 1_000, text) }
    }

    func test_parse_namesThatRepeat_areFoundAmongMany() {
        for count in [1, 7, 8, 9, 40] {
            let members = (0..<count).map { "\"m\($0)\":\($0)" }
            XCTAssertNoThrow(try JSONParser.parse(Array("{\(members.joined(separator: ","))}".utf8)))
            for repeated in [0, count / 2, count - 1] {
                XCTAssertThrowsError(try JSONParser.parse(Array("{\((members + [members[repeated]]).joined(separator: ","))}".utf8)), "\(repeated) of \(count)")
            }
        }
    }
}
