import XCTest

@testable import Documents
@testable import Ingest

/// The choice of merges, by repeating it on made-up files until it is content.
final class CompactionPickerTests: XCTestCase {
    private let mebibyte: Int64 = 1 << 20

    private func file(_ name: String, _ mebibytes: Int64, _ first: String, _ last: String) -> CompactionPicker.File {
        CompactionPicker.File(
            location: name, byteCount: mebibytes * mebibyte, firstDay: DayText.day(first) ?? 0, lastDay: DayText.day(last) ?? 0)
    }

    func test_next_nothingToJoin_isNil() {
        let picker = CompactionPicker(isRequested: true)
        XCTAssertNil(picker.next([]))
        XCTAssertNil(picker.next([file("a", 1, "2026-01-01", "2026-01-01")]))
        // Other years, and finished files, stay apart.
        XCTAssertNil(picker.next([file("a", 1, "2025-12-31", "2025-12-31"), file("b", 1, "2026-01-01", "2026-01-01")]))
        XCTAssertNil(picker.next([file("a", 500, "2026-01-01", "2026-03-01"), file("b", 500, "2026-03-02", "2026-05-01")]))
        // A few rows more do not rewrite a large file.
        XCTAssertNil(picker.next([file("a", 300, "2026-01-01", "2026-03-01"), file("b", 1, "2026-03-02", "2026-05-01")]))
    }

    func test_overlap_isTheMostOfADay_byWeight() {
        XCTAssertEqual(CompactionPicker.overlap([1...3, 3...5, 4...9, 20...20]), 2)
        XCTAssertEqual(CompactionPicker.overlap([(1...3, 5), (3...5, 1), (4...9, 2), (20...20, 4)]), 6)
        XCTAssertEqual(CompactionPicker.overlap([(1...9, 1), (1...9, 1), (5...5, 7)]), 9)
    }

    func test_next_daysOfAMonth_joinBeforeMonths() {
        let picker = CompactionPicker(isRequested: true)
        let files = [
            file("jan", 40, "2026-01-01", "2026-01-31"), file("f1", 2, "2026-02-01", "2026-02-01"), file("f2", 2, "2026-02-02", "2026-02-02"),
        ]
        XCTAssertEqual(picker.next(files)?.map(\.location), ["f1", "f2"])
    }

    func test_next_aTinyFile_doesNotKeepLargerOnesApart() {
        let files = [
            file("tiny", 1, "2026-01-01", "2026-01-02"), file("a", 40, "2026-01-03", "2026-03-31"), file("b", 41, "2026-04-01", "2026-07-31"),
        ]
        XCTAssertEqual(CompactionPicker(isRequested: true).next(files)?.map(\.location), ["a", "b"])
    }

    func test_next_byItself_waitsForMore() {
        let two = [file("a", 1, "2026-01-01", "2026-01-01"), file("b", 1, "2026-01-02", "2026-01-02")]
        XCTAssertNil(CompactionPicker(isRequested: false).next(two))
        XCTAssertNotNil(CompactionPicker(isRequested: true).next(two))
    }

    func test_next_aYearOfDays_endsInFewFilesWithBoundedRewriting() throws {
        for (size, requested) in [(Int64(1), false), (20, false), (1, true)] {
            let picker = CompactionPicker(isRequested: requested)
            var files: [CompactionPicker.File] = []
            var written: Int64 = 0
            var number = 0
            let first = try XCTUnwrap(DayText.day("2026-01-01"))
            for day in 0..<365 {
                files.append(
                    CompactionPicker.File(
                        location: "d\(day)", byteCount: size * mebibyte, firstDay: first + Int32(day), lastDay: first + Int32(day)))
                while let chosen = picker.next(files) {
                    XCTAssertLessThanOrEqual(chosen.count, CompactionPicker.inputCountMax)
                    let locations = Set(chosen.map(\.location))
                    files.removeAll { locations.contains($0.location) }
                    var left = chosen.reduce(0) { $0 + $1.byteCount }
                    written += left
                    while left > 0 {
                        number += 1
                        let part = min(left, CompactionPicker.targetByteCount)
                        files.append(
                            CompactionPicker.File(
                                location: "m\(number)", byteCount: part, firstDay: chosen.map(\.firstDay).min() ?? 0,
                                lastDay: chosen.map(\.lastDay).max() ?? 0))
                        left -= part
                    }
                }
            }
            let total = 365 * size * mebibyte
            XCTAssertLessThanOrEqual(files.count, 24 + Int(total / CompactionPicker.targetByteCount), "\(size) MiB a day")
            XCTAssertLessThan(Double(written) / Double(total), requested ? 12 : 8, "\(size) MiB a day, requested \(requested)")
        }
    }
}
