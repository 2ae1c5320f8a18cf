import XCTest

@testable import Documents

/// Goal: a zone that a document names costs no more for being long. Method: names of hundreds of thousands of combining marks, of which one comparison of Strings takes minutes.
final class LongZoneNamesTests: XCTestCase {
    func test_named_isAskedOfShortNamesAlone() {
        let marks = String(repeating: "\u{301}\u{316}", count: 200_000)
        for name in ["Europe/Kyiv" + marks, marks, String(repeating: "A", count: 100_000), "../Europe/Kyiv", "/etc/passwd"] { XCTAssertNil(ZoneRules.named(name)) }
        XCTAssertNotNil(ZoneRules.named("Europe/Kyiv"))
        XCTAssertNotNil(ZoneRules.named("Europe/Kyiv"))
    }
}
