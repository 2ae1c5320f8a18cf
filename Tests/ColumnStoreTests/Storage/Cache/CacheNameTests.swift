import XCTest

@testable import ColumnStore

/// Goal: a file of the cache is found again by its name, and what lies beside it is none of it. Method: names of every small object and range, and texts that are nearly names.
final class CacheNameTests: XCTestCase {
    func test_fileName_ofEverySmallRange_isReadAgain() {
        let object = CacheName.object("s3://bucket/table/data.parquet")
        var names: Set<String> = []
        for byteCount in Int64(1)...6 {
            for start in 0..<byteCount {
                for end in (start + 1)...byteCount {
                    for isKept in [false, true] {
                        let name = CacheName(object: object, byteCount: byteCount, range: start..<end, isKept: isKept)
                        XCTAssertEqual(CacheName(fileName: name.fileName), name, name.fileName)
                        XCTAssertTrue(names.insert(name.fileName).inserted, "\(name.fileName) is of two ranges")
                    }
                }
            }
        }
        let last = CacheName(object: object, byteCount: .max, range: (.max - 1)..<(.max), isKept: true)
        XCTAssertEqual(CacheName(fileName: last.fileName), last)
    }

    func test_object_ofAnotherLocation_isAnother() {
        XCTAssertEqual(CacheName.object("a").count, CacheName.objectByteCount)
        XCTAssertNotEqual(CacheName.object("a"), CacheName.object("b"))
    }

    func test_init_ofWhatIsNoName_isNil() {
        let object = String(repeating: "0f", count: CacheName.objectByteCount)
        XCTAssertNotNil(CacheName(fileName: "\(object)-9-0-9.range"))
        for text in [
            "", ".range", "k.range", "\(object).range", "\(object)-9-0-9", "\(object)-9-0-9.rang", "\(object)-9-0-9.range.range", "\(object)-9-0-9x.range", "\(object)-9-0.range",
            "\(object)-9-0-9-9.range", "\(object)-9-0-10.range", "\(object)-9-3-3.range", "\(object)-9-4-3.range", "\(object)-9--1-3.range", "\(object)-9-0-.range", "\(object)-99999999999999999999-0-9.range",
            "\(object.dropLast())-9-0-9.range", "\(object.dropLast(2))-9-0-9.range", "\(object)00-9-0-9.range", "\(object.dropLast())g-9-0-9.range", "tmp",
        ] {
            XCTAssertNil(CacheName(fileName: text), text)
        }
    }
}
