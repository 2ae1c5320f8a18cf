import XCTest

@testable import Server

/// Goal: greetings of other versions are distinguished from this one's and from none. Method: examples.
final class StrangeGreetingTests: XCTestCase {
    private func read(_ text: String) -> StrangeGreeting? { StrangeGreeting(Array(text.utf8)) }

    func test_greeting_ofAnotherVersion_namesBoth() {
        let found = read("till-pair 2\nb\na\nwhatever\n")
        XCTAssertEqual(found?.version, 2)
        XCTAssertEqual(found?.from, "b")
        XCTAssertEqual(found?.to, "a")
        XCTAssertEqual(found?.words.hasPrefix("b greets by version 2, and this node by version 1"), true)
        XCTAssertEqual(read("till-pair 2\n\u{1b}[31m\n/\n")?.words.hasPrefix("somebody greets by version 2"), true)
        XCTAssertEqual(read("till-pair 2\n")?.version, 2)
    }

    func test_greeting_ofThisVersion_orNone_isNotOne() {
        for text in ["till-pair 1\nb\na\nhttp://a\n", "till-pair 2", "till-pair x\nb\na\n", "till-pair \nb\na\n", "till-pair -2\nb\na\n", "till-pair 1000000\n\n", "till-pair 99999999999999999999\nb\na\n", "GET / HTTP/1.1\n", ""] {
            XCTAssertNil(read(text), text)
        }
        XCTAssertNil(StrangeGreeting(Array("till-pair 2\n".utf8) + [UInt8](repeating: 0x61, count: 2_000)))
    }
}
