import XCTest

@testable import ColumnStore

/// Goal: dates of headers are instants, and nothing else is. Method: the forms of RFC 9110, section 5.6.7, at days where calendars differ, and texts that are none.
final class HTTPDateTests: XCTestCase {
    func test_seconds_ofEachForm_areThoseOfItsInstant() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            XCTAssertEqual(HTTPDate.seconds(text), 784_111_777, text)
        }
        XCTAssertEqual(HTTPDate.seconds("Thu, 01 Jan 1970 00:00:00 GMT"), 0)
        XCTAssertEqual(HTTPDate.seconds("Tue, 29 Feb 2000 23:59:59 GMT"), 951_868_799)
        XCTAssertEqual(HTTPDate.seconds("Thu, 01 Mar 2040 00:00:00 GMT"), 2_214_172_800)
    }

    func test_seconds_ofWhatIsNoDate_areNone() {
        for text in ["", "soon", "Sun, 06 Nov", "Sun, 06 Nov 1994 25:00:00 GMT", "Sun, 06 Nov 1994 08:61:37 GMT"] { XCTAssertNil(HTTPDate.seconds(text), text) }
    }
}
