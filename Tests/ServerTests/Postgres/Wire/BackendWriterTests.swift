import XCTest

@testable import Server

/// Goal: what is too long to be a message ends a statement and not the process. Method: a writer that takes short ones alone.
final class BackendWriterTests: XCTestCase {
    func test_messageTooLongToBeOne_isTakenBack_andSaidOnce() {
        var writer = BackendWriter(lengthMax: 64)
        writer.write(.commandComplete("SELECT 1"))
        let before = writer.bytes
        XCTAssertNil(writer.takeFault())
        writer.write(.dataRow([[UInt8](repeating: 0x61, count: 100)]))
        XCTAssertEqual(writer.bytes, before, "what stands before it is whole, and nothing behind it")
        XCTAssertEqual(writer.takeFault()?.state, .programLimitExceeded)
        XCTAssertNil(writer.takeFault())
        writer.write(.readyForQuery(.idle))
        XCTAssertEqual(writer.bytes.count, before.count + 6)
    }

    /// Of a fault that drivers know by it; others have none.
    func test_routine_isToldWhereAFaultHasOne() {
        func told(_ fault: PostgresFault) -> String {
            var writer = BackendWriter()
            writer.write(.error(fault))
            return String(decoding: writer.bytes, as: UTF8.self)
        }
        XCTAssertTrue(told(.otherResult).hasSuffix("\0RRevalidateCachedQuery\0\0"), told(.otherResult))
        XCTAssertTrue(told(PostgresFault(.featureNotSupported, "no")).hasSuffix("\0Mno\0\0"))
    }
}
