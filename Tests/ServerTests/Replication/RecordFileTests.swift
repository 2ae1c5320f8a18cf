import Cluster
import Foundation
import Glibc
import Server
import TestSupport
import XCTest

/// Goal: what a node's disk had synced is there after a crash, wherever the file ends, and nothing else is. Method: records of many sizes, cut at every byte of the last one; cuts back.
final class RecordFileTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-records") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private static func records(_ count: Int) -> [Record] {
        var (mark, records) = (Mark.start, [Record]())
        for number in 0..<count {
            let record = Record(after: mark, epoch: 1 + number / 100, kind: .rows, level: 1, body: [UInt8](repeating: UInt8(number % 251), count: number % 300))
            records.append(record)
            mark = record.mark
        }
        return records
    }

    private func open() throws -> (file: RecordFile, cut: Int64) { try RecordFile.open(folder.path) }

    func test_records_areThereAgain_fromAnyOn() throws {
        let records = Self.records(500)
        do {
            let file = try open().file
            try file.append(Array(records[..<130]))
            try file.append(Array(records[130...]))
            try file.sync()
            try file.promise(7)
        }
        let (file, cut) = try open()
        XCTAssertEqual(cut, 0)
        XCTAssertEqual(file.tail, records[499].mark)
        let disk = file.takeDisk()
        XCTAssertEqual([disk.promise, disk.history.last, disk.history.spans.count], [7, 500, 5])
        XCTAssertEqual(disk.recent, Array(records.suffix(Bounds.recentCountMax)))
        for first in [1, 2, 63, 64, 65, 66, 129, 499, 500] {
            XCTAssertEqual(try file.read(from: first, count: 70), Array(records[(first - 1)...].prefix(70)), "from \(first)")
        }
        XCTAssertEqual(try file.read(from: 501, count: 1), [])
        XCTAssertEqual(try file.read(from: 0, count: 1), [])
        XCTAssertEqual(try file.read(from: 10, count: 70, through: 12), Array(records[9..<12]))
    }

    func test_end_thatIsNoRecord_isCutOff() throws {
        let records = Self.records(70)
        do {
            let file = try open().file
            try file.append(records)
        }
        let path = folder.appendingPathComponent("records").path
        let whole = try XCTUnwrap(FileManager.default.contents(atPath: path))
        let last = 4 + records[69].bytes.count
        for missing in 1...last {
            try whole.dropLast(missing).write(to: URL(fileURLWithPath: path))
            let (file, cut) = try open()
            XCTAssertEqual(Int(cut), last - missing)
            XCTAssertEqual(file.tail, records[68].mark)
            XCTAssertEqual(try file.read(from: 69, count: 9), [records[68]])
            if cut > 0 { XCTAssertEqual(FileManager.default.contents(atPath: path + ".cut-70"), whole.suffix(last).dropLast(missing)) }
        }
        // Whole, and of another history.
        let stranger = Record(after: records[67].mark, epoch: 9, kind: .rows, level: 1, body: [1, 2, 3])
        let entry = withUnsafeBytes(of: UInt32(stranger.bytes.count).littleEndian) { Data($0) } + Data(stranger.bytes)
        try (whole + entry).write(to: URL(fileURLWithPath: path))
        do {
            let (file, cut) = try open()
            XCTAssertEqual(Int(cut), entry.count)
            XCTAssertEqual(file.tail, records[69].mark)
        }
        var damaged = whole
        damaged[whole.count - 3] ^= 1
        try damaged.write(to: URL(fileURLWithPath: path))
        XCTAssertEqual(try open().file.tail, records[68].mark)
    }

    func test_damage_thatNoCrashLeaves_isRefused_andNothingIsCut() throws {
        do { try open().file.append(Self.records(300)) }
        let path = folder.appendingPathComponent("records").path
        var damaged = try XCTUnwrap(FileManager.default.contents(atPath: path))
        damaged[damaged.count / 3] ^= 4
        try damaged.write(to: URL(fileURLWithPath: path))
        XCTAssertThrowsError(try RecordFile.open(folder.path, unsyncedByteCountMax: 1_000)) { XCTAssertTrue("\($0)".contains("is damaged at byte"), "\($0)") }
        XCTAssertEqual(FileManager.default.contents(atPath: path), damaged)
        XCTAssertGreaterThan(try open().cut, 1_000)
    }

    func test_cut_thenOtherRecords_haveTakenTheirPlace() throws {
        let records = Self.records(200)
        for end in [0, 1, 64, 65, 128, 150, 199] {
            let file = try open().file
            try file.cut(to: 0)
            try file.append(records)
            try file.cut(to: end)
            XCTAssertEqual(file.tail, end == 0 ? .start : records[end - 1].mark)
            let other = Record(after: file.tail, epoch: 9, kind: .fence, level: 1, body: [9])
            try file.append([other])
            XCTAssertEqual(try file.read(from: end + 1, count: 5), [other])
            if end > 0 { XCTAssertEqual(try file.read(from: end, count: 5), [records[end - 1], other]) }
            XCTAssertEqual(file.takeDisk().history.last, end + 1)
        }
    }

    func test_file_thatAnotherProcessHas_isRefused() throws {
        let file = try open().file
        XCTAssertThrowsError(try open())
        withExtendedLifetime(file) {}
    }
}
