@testable import ColumnStore
import XCTest

final class MetadataJSONTests: XCTestCase {
    private func parse(_ text: String) throws -> MetadataJSON { try MetadataJSON(parsing: Array(text.utf8)) }

    func test_parse_metadataOfOthers_comesBackAsItWas() throws {
        for text in [
            #"{"snapshot-id":3055729675574597004,"a":[1,-2.50e+3,true,false,null],"b":{"c":"d"}}"#, "[]", "{}", "0",
            #""Хліб \"\\ \u0001 😀""#, "[[[[1]]]]",
        ] {
            XCTAssertEqual(try parse(text).text, text)
        }
        XCTAssertEqual(try parse(" { \"n\" : 9223372036854775807 } ")["n"]?.int64, .max)
        XCTAssertEqual(try parse(#""\u0425\ud83d\ude00\/\n""#).string, "Х😀/\n")
        XCTAssertNil(try parse("9223372036854775808").int64)
        XCTAssertNil(try parse("{\"a\":null}")["a"])
    }

    func test_parse_whatIsNoJSON_isRefused() {
        for text in [
            "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "1.", ".5", "1e", "-", "+1", "nul", "truex",
            "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\u{1}\"", "[1] 2", "{\"a\":1,\"a\":2}",
            String(repeating: "[", count: 1_000), "NaN", "'a'", "// c\n1",
        ] {
            XCTAssertThrowsError(try parse(text), text) { XCTAssert($0 is MetadataJSON.ParseError) }
        }
        XCTAssertThrowsError(try MetadataJSON(parsing: [0x22, 0xFF, 0x22]))
    }
}
