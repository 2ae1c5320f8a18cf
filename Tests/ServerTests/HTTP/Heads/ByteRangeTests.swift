import XCTest

@testable import Server

final class ByteRangeTests: XCTestCase {
    func test_oneRange_isServed_andAllElseIsTheWhole() {
        let table: [(header: String?, count: Int64, range: ByteRange)] = [
            (nil, 10, .whole), ("bytes=0-0", 10, .part(0..<1)), ("bytes=0-", 10, .part(0..<10)), ("bytes=3-100", 10, .part(3..<10)), ("Bytes = 3 - 4", 10, .part(3..<5)),
            ("bytes=-3", 10, .part(7..<10)), ("bytes=-30", 10, .part(0..<10)), ("bytes=10-", 10, .unsatisfiable), ("bytes=-0", 10, .unsatisfiable),
            ("bytes=0-", 0, .unsatisfiable), ("bytes=-1", 0, .unsatisfiable), ("bytes=5-4", 10, .whole), ("bytes=", 10, .whole), ("bytes=-", 10, .whole),
            ("bytes=1-2,4-5", 10, .whole), ("bytes=+1-2", 10, .whole), ("bytes=a-b", 10, .whole), ("lines=1-2", 10, .whole), ("bytes", 10, .whole),
            ("bytes=0-18446744073709551616", 10, .part(0..<10)), ("bytes=18446744073709551616-", 10, .unsatisfiable),
            ("bytes=9223372036854775807-9223372036854775807", .max, .unsatisfiable), ("bytes=-9223372036854775807", .max, .part(0..<Int64.max)),
        ]
        for row in table { XCTAssertEqual(ByteRange(row.header, of: row.count), row.range, "\(row.header ?? "none") of \(row.count)") }
    }

    func test_fileNames_areGoodForOldAndNewReaders() {
        for name in ["r", "r.csv", "r.CSV", ".csv", "r.csv.csv", "rcsv", "r.xlsx"] {
            let wanted = ["r": "r.csv", "rcsv": "rcsv.csv", "r.xlsx": "r.xlsx.csv"][name] ?? name
            XCTAssertEqual(ContentDisposition.attachment(name, ending: ".csv"), ContentDisposition.attachment(wanted))
        }
        XCTAssertEqual(ContentDisposition.attachment("a b.csv"), "attachment; filename=\"a b.csv\"; filename*=UTF-8''a%20b.csv")
        XCTAssertEqual(ContentDisposition.attachment("\"\\/їж\r\n.xlsx"), "attachment; filename=\"_______.xlsx\"; filename*=UTF-8''%22%5C%2F%D1%97%D0%B6%0D%0A.xlsx")
    }

    func test_tags_areFoundInLists() {
        XCTAssertTrue(EntityTag.matches("\"a\", W/\"b\"", "\"b\""))
        XCTAssertTrue(EntityTag.matches("*", "\"b\""))
        XCTAssertFalse(EntityTag.matches("\"bb\"", "\"b\""))
        XCTAssertFalse(EntityTag.matches(nil, "\"b\""))
    }
}
