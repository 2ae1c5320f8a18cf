import Cluster
import ColumnStore
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

    /// The node's thread cuts records back, writes others and removes files while somebody reads: each answer is the records of one moment.
    func test_reads_besideChanges_areOfOneHistory() throws {
        let file = try RecordFile.open(folder.path, segmentByteCount: 4_000).file
        try file.append(Self.records(100))
        let (isOver, counts) = (Monitor(false), Monitor((reads: 0, faults: [String]())))
        let done = DispatchGroup()
        for _ in 0..<2 {
            done.enter()
            Thread.detachNewThread {
                defer { done.leave() }
                while !isOver.withLock({ $0 }) {
                    let fault = Self.fault(of: file)
                    counts.withLock { counts in
                        counts.reads += 1
                        if let fault { counts.faults.append(fault) }
                    }
                }
            }
        }
        var (round, random) = (0, SplitMix64(state: 7))
        while round < 200 || counts.withLock({ $0.reads }) < 500, round < 1_000_000, counts.withLock({ $0.faults.isEmpty }) {
            round += 1
            let tail = file.tail.sequence
            try file.cut(to: max(file.base.sequence, tail - Int(random.next() % 60)))
            for number in 0..<(20 + Int(random.next() % 40)) {
                let body = [UInt8](repeating: UInt8(round % 251), count: (number * 37 + round) % 300)
                try file.append([Record(after: file.tail, epoch: max(file.tail.epoch, 1 + round), kind: .rows, level: 1, body: body)])
            }
            if round % 20 == 0 { _ = try file.drop(through: file.tail.sequence - 100, keeping: 0) }
        }
        isOver.withLock { $0 = true }
        XCTAssertTrue(done.waitPatiently())
        XCTAssertEqual(counts.withLock { $0.faults }, [])
    }

    private static func fault(of file: RecordFile) -> String? {
        let first = max(file.base.sequence + 1, file.tail.sequence - 80)
        do {
            let records = try file.read(from: first, count: 64)
            for (index, record) in records.enumerated() {
                guard record.sequence == first + index else { return "record \(record.sequence) stands for \(first + index)" }
                guard index == 0 || record.follows(records[index - 1].mark) else { return "record \(record.sequence) is of another history" }
            }
            return nil
        } catch { return "\(error)" }
    }

    func test_promise_thatIsNone_orAboveAllThatAClusterComesTo_isRefused() throws {
        do { try open().file.promise(Bounds.numberMax - 1) }
        XCTAssertEqual(try open().file.promise, Bounds.numberMax - 1)
        for text in ["\(Bounds.numberMax)\n", "\(Int.max)\n", "99999999999999999999\n", "-1\n", "seven\n", ""] {
            try Data(text.utf8).write(to: folder.appendingPathComponent("promise"))
            XCTAssertThrowsError(try open()) { XCTAssertTrue("\($0)".contains("none that a cluster comes to"), "\($0)") }
        }
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

    // MARK: Several files

    private func openSmall() throws -> (file: RecordFile, cut: Int64) { try RecordFile.open(folder.path, segmentByteCount: 4_000) }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("records") }.sorted { ($0.count, $0) < ($1.count, $1) } }
    }

    func test_records_ofSeveralFiles_areOneLog_andTheFirstOfThemGo() throws {
        let records = Self.records(500)
        do {
            let file = try openSmall().file
            for start in stride(from: 0, to: 500, by: 7) { try file.append(Array(records[start..<min(500, start + 7)])) }
            try file.sync()
        }
        XCTAssertGreaterThan(try names.count, 10)
        let file = try openSmall().file
        XCTAssertEqual(file.tail, records[499].mark)
        XCTAssertEqual(file.base, .start)
        for first in 1...500 { XCTAssertEqual(try file.read(from: first, count: 40), Array(records[(first - 1)...].prefix(40)), "from \(first)") }
        let whole = file.byteCount
        XCTAssertEqual(file.byteCount(after: 500), 0)
        XCTAssertLessThanOrEqual(file.byteCount(after: 0), whole)
        // What is kept stays, whatever a checkpoint has; and what no checkpoint has stays too.
        XCTAssertNil(try file.drop(through: 500, keeping: whole))
        XCTAssertNil(try file.drop(through: 3, keeping: 0))
        let through = try XCTUnwrap(file.drop(through: 300, keeping: 0))
        XCTAssertTrue((200...300).contains(through), "\(through)")
        XCTAssertEqual(file.base, records[through - 1].mark)
        let last = try XCTUnwrap(file.drop(through: 500, keeping: 12_000))
        XCTAssertGreaterThan(last, through)
        XCTAssertGreaterThanOrEqual(file.byteCount, 12_000)
        XCTAssertEqual(try file.read(from: last, count: 5), [])
        XCTAssertEqual(try file.read(from: last + 1, count: 5), Array(records[last...].prefix(5)))
        XCTAssertThrowsError(try file.cut(to: last - 1))
        let disk = file.takeDisk()
        XCTAssertEqual(disk.base, records[last - 1].mark)
        XCTAssertEqual([disk.history.last, disk.history.spans.count], [500, 5], "epochs of records that are gone are known")
        XCTAssertEqual(file.beginning(at: records[449].mark)?.history.last, 450)
        XCTAssertNil(file.beginning(at: Mark(sequence: 450, epoch: 99, hash: .zero)))
    }

    func test_files_openedAgainAfterTheFirstHaveGone_goOn() throws {
        let records = Self.records(300)
        var last = 0
        do {
            let file = try openSmall().file
            for record in records { try file.append([record]) }
            last = try XCTUnwrap(file.drop(through: 250, keeping: 0))
        }
        let (file, cut) = try openSmall()
        XCTAssertEqual(cut, 0)
        XCTAssertEqual(file.base, records[last - 1].mark)
        XCTAssertEqual(file.tail, records[299].mark)
        let disk = file.takeDisk()
        XCTAssertEqual(disk.recent, Array(records[last...].suffix(Bounds.recentCountMax)))
        XCTAssertEqual(disk.history.spans.count, 3)
        let next = Record(after: file.tail, epoch: 8, kind: .rows, level: 1, body: [1])
        try file.append([next])
        XCTAssertEqual(try file.read(from: 300, count: 3), [records[299], next])
    }

    func test_cut_overSeveralFiles_thenOtherRecords_haveTakenTheirPlace() throws {
        let records = Self.records(200)
        for end in [0, 1, 40, 64, 65, 66, 128, 150, 199] {
            do {
                let file = try openSmall().file
                try file.cut(to: 0)
                for record in records { try file.append([record]) }
                try file.cut(to: end)
                XCTAssertEqual(file.tail, end == 0 ? .start : records[end - 1].mark)
                try file.append([Record(after: file.tail, epoch: 9, kind: .fence, level: 1, body: [9])])
            }
            let file = try openSmall().file
            XCTAssertEqual(file.tail.sequence, end + 1, "cut to \(end)")
            XCTAssertEqual(file.tail.epoch, 9)
            if end > 0 { XCTAssertEqual(try file.read(from: end, count: 1), [records[end - 1]]) }
        }
    }

    func test_damage_inAFileThatIsNotTheLast_isRefused_andSoIsAMissingOne() throws {
        do {
            let file = try openSmall().file
            for record in Self.records(300) { try file.append([record]) }
        }
        let all = try names
        let second = folder.appendingPathComponent(all[1])
        let whole = try Data(contentsOf: second)
        var damaged = whole
        damaged[whole.count - 5] ^= 1
        try damaged.write(to: second)
        XCTAssertThrowsError(try openSmall()) { XCTAssertTrue("\($0)".contains("is damaged at byte"), "\($0)") }
        damaged = whole
        damaged[20] ^= 1
        try damaged.write(to: second)
        XCTAssertThrowsError(try openSmall()) { XCTAssertTrue("\($0)".contains("has no beginning"), "\($0)") }
        try FileManager.default.removeItem(at: second)
        XCTAssertThrowsError(try openSmall()) { XCTAssertTrue("\($0)".contains("does not go on"), "\($0)") }
        try whole.write(to: second)
        XCTAssertEqual(try openSmall().file.tail.sequence, 300)
    }

    func test_begin_afterACheckpoint_hasItsRecordAsTheLast_andGoesOn() throws {
        let records = Self.records(300)
        let beginning: Beginning
        do {
            let file = try openSmall().file
            for record in records { try file.append([record]) }
            beginning = try XCTUnwrap(file.beginning(at: records[219].mark))
            try file.begin(beginning)
            XCTAssertEqual(file.base, records[219].mark)
            try file.append(Array(records[220..<240]))
        }
        let file = try openSmall().file
        XCTAssertEqual(try names.first, "records.221")
        XCTAssertEqual([file.base.sequence, file.tail.sequence], [220, 240])
        XCTAssertEqual(try file.read(from: 221, count: 50), Array(records[220..<240]))
        try file.cut(to: 220)
        XCTAssertEqual(file.tail, records[219].mark)
        XCTAssertEqual(file.takeDisk().history, beginning.history)
    }

    func test_file_thatAnotherProcessHas_isRefused() throws {
        let file = try open().file
        XCTAssertThrowsError(try open())
        withExtendedLifetime(file) {}
    }
}
