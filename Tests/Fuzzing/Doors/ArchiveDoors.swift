import Cluster
import ColumnStore
import Foundation
@testable import Ingest

/// What lies where a pair archives its records, and whoever can write there may have changed.
extension Door {
    static let archives: [Door] = [archiveSegment, archiveLine, archiveCheckpoint, archiveFiles]

    // MARK: Objects

    /// After a byte that is even: a segment's bytes, under a right hash. After an odd one: choices that a segment is made of, whose chain is right or not.
    private static let archiveSegment = Door(
        name: "archive-segment",
        seeds: {
            var seeds: [[UInt8]] = []
            for file in try LittleArchive.shared.get().place.files where file.path.contains("/segments/") { seeds.append([0] + Array(file.bytes.dropLast(SHA256.byteCount))) }
            for seed in 0..<16 { seeds.append([1] + (1..<120).map { (place: Int) -> UInt8 in UInt8(truncatingIfNeeded: place &* 31 &+ seed &* 77) }) }
            return seeds
        },
        fuzz: { bytes in
            guard let first = bytes.first else { return }
            let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
            if first % 2 == 0 {
                let body = Array(rest)
                return try check(try ArchiveSegment(parsing: body + SHA256.hash(body), path: "x"))
            }
            var choices = Choices(rest)
            let (segment, isChain) = ArchiveSegment.made(&choices)
            guard !segment.records.isEmpty else { return }
            let written = try segment.bytes()
            let read: ArchiveSegment
            do { read = try ArchiveSegment(parsing: written, path: "x") } catch {
                precondition(!isChain, "a segment that was written cannot be read: \(error)")
                return
            }
            precondition(isChain && read.records == segment.records && read.last == segment.last, "records count that do not follow from each other")
            try check(read)
        })

    private static func check(_ segment: ArchiveSegment) throws {
        let again = try ArchiveSegment(parsing: try segment.bytes(), path: "x")
        precondition(again.records == segment.records && again.previous == segment.previous && again.last == segment.last, "a segment is written as another")
        precondition((again.before, again.through) == (segment.before, segment.through) && again.isWhole == segment.isWhole, "a segment is written with other times")
        // What an archive's writer knows of records that it has read.
        var scan = ArchiveScan(time: segment.before)
        for record in segment.records { try scan.take(record) }
        precondition(scan.time >= segment.before, "times fall")
    }

    /// A line's texts, under a right hash.
    private static let archiveLine = Door(
        name: "archive-line",
        seeds: {
            try LittleArchive.shared.get().place.files.filter { $0.path.contains("lines/") }.map { Array($0.bytes.dropLast(SealedText.endByteCountOfAll)) }
        },
        words: { ["till-archive-line 1\n", "line ", "store ", "sequence ", "epoch ", "hash ", "at ", "begun ", "4611686018427387905", "1152921504606846977", "-1"] },
        fuzz: { bytes in
            let sealed = SealedText.bytes(String(decoding: bytes, as: UTF8.self))
            let line = try ArchiveLine(parsing: sealed, number: SealedText.fields(sealed)?.number("line") ?? 1, path: "x")
            let again = try ArchiveLine(parsing: line.bytes, number: line.number, path: "x")
            precondition(again == line, "a line is written as another")
            _ = Record(after: line.base, epoch: line.base.epoch, kind: .noop, level: 1, body: [])
        })

    /// A checkpoint's head and its manifest, between them a line `====`; each under a right hash.
    private static let archiveCheckpoint = Door(
        name: "archive-checkpoint",
        seeds: {
            try LittleArchive.shared.get().place.files.filter { $0.path.hasSuffix("/\(BackupManifest.key)") }.map { file in
                let (head, manifest) = SealedText.parts(ofCheckpoint: file.bytes)
                return head + Array("====\n".utf8) + manifest
            }
        },
        words: { ["====\n", "till-archive-checkpoint 1\n", "till-backup 1\n", "file ", "catalog.sqlite", "hot/", "warehouse/", "base/warehouse/", "../", "made-at ", "number "] },
        fuzz: { bytes in
            let text = Array(bytes)
            let mark = Array("====\n".utf8)
            guard let end = text.indices.first(where: { text[$0...].starts(with: mark) }) else { return }
            let sealed = SealedText.checkpoint(head: Array(text[..<end]), manifest: Array(text[(end + mark.count)...]))
            let fields = SealedText.fields(SealedText.bytes(String(decoding: text[..<end], as: UTF8.self)))
            let (line, record) = (fields?.number("line") ?? 1, fields?.number("sequence") ?? 1)
            let checkpoint = try ArchiveCheckpoint(parsing: sealed, line: line, record: record, path: "x")
            let again = try ArchiveCheckpoint(parsing: checkpoint.bytes, line: line, record: record, path: "x")
            precondition(again.manifest == checkpoint.manifest && again.mark == checkpoint.mark && again.at == checkpoint.at, "a checkpoint is written as another")
            for file in checkpoint.storeFiles { precondition(ObjectKey.isValid(file.path), "a file that lies elsewhere") }
            _ = checkpoint.storeFiles.reduce(0) { $0 + $1.byteCount }
        })

    // MARK: An archive as a whole

    /// The first byte says to which instant, and whether what was changed has right hashes; then what was done to the files. What comes out of it is the store of that instant, or nothing; and what goes, or is
    /// put there, as time goes on keeps nobody from restoring it.
    private static let archiveFiles = Door(
        name: "archive-files", seeds: { Damage.seeds.enumerated().map { [UInt8($0.offset * 5 % 32)] + $0.element } },
        fuzz: { bytes in
            var choices = Choices(bytes)
            let way = choices.byte()
            let (isSealed, number) = (way & 16 != 0, Int(way & 15) < LittleArchive.receiptCount ? Int(way & 15) : nil)
            let instant = number.map { LittleArchive.start + Int64($0) * LittleArchive.second + LittleArchive.second / 2 }
            let archive = try LittleArchive.shared.get()
            let directory = try ScratchDirectory()
            var files = archive.place
            let damage = files.damage(&choices)
            if isSealed { for index in files.files.indices where damage.changed.contains(files.files[index].path) { files.files[index].bytes = SealedText.resealed(files.files[index]) } }
            let path = "\(directory.path)/place"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try files.write(to: path)
            let place = try LittleArchive.open(path)
            let restored = try restore(place, instant, directory.path, "first", isSealed: isSealed)
            if let restored, !isSealed {
                // Without an instant what the end of the archive has lost nobody can tell from what never was.
                let count = (number ?? LittleArchive.receiptCount - 1) + 1
                precondition(restored == Array(0..<restored.count) && (restored.count == count || number == nil && restored.count < count), "a damaged archive is restored as another store: \(restored) at \(instant ?? -1)")
            }
            try goOn(archive, place, directory.path)
            let later = try restore(place, instant, directory.path, "second", isSealed: isSealed)
            // What was changed in its place under its old length only a restore reads.
            if let restored, damage.showsByLength, !isSealed, instant == nil {
                guard let later else { preconditionFailure("what was restored cannot be any more") }
                precondition(later.count >= restored.count, "receipts are gone: \(restored), \(later)")
            }
        })

    /// - Returns: the receipts; nil where it was refused, with nothing made.
    private static func restore(_ place: ArchivePlace, _ instant: Int64?, _ folder: String, _ name: String, isSealed: Bool) throws -> [Int]? {
        let target = "\(folder)/\(name)"
        let result = Result { try ArchiveRestore(place, instant: instant, directory: target, storages: LocalStorageFactory()).run() }
        let beside = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !["place", "first", "second", "checkpoint"].contains($0) }
        precondition(beside.isEmpty, "a restore writes beside its directory: \(beside)")
        guard case .success = result else {
            precondition(!FileManager.default.fileExists(atPath: target), "a restore that failed leaves something")
            return nil
        }
        do { return try LittleStore.receipts(at: target) } catch {
            // Under right hashes other files than the store's own may have been named.
            precondition(isSealed, "a store that was restored cannot be opened: \(error)")
            throw error
        }
    }

    /// As days go by: what is not needed any more goes, and the leader goes on archiving.
    private static func goOn(_ archive: LittleArchive, _ place: ArchivePlace, _ folder: String) throws {
        let past: [FileAttributeKey: Any] = [.modificationDate: Date(timeIntervalSince1970: Double(LittleArchive.start / LittleArchive.second) - 86_400)]
        for name in LittleStore.names("\(folder)/place") { try FileManager.default.setAttributes(past, ofItemAtPath: "\(folder)/place/\(name)") }
        let clock = LittleClock(LittleArchive.start + 10 * LogKeeper.keptMicroseconds)
        _ = Result { try ArchiveRetention(place: place, now: clock.clock.now()).run() }
        try archive.checkpoint.write(to: "\(folder)/checkpoint")
        let before = Set(LittleStore.names("\(folder)/place"))
        let machine = LittleMachine(archive.records, store: archive.store, folder: "\(folder)/checkpoint", base: archive.base)
        let writer = ArchiveWriter(place, of: machine, clock: clock.clock, segmentByteCount: 2_000)
        for _ in 0..<3 { writer.round() }
        precondition(Set(LittleStore.names("\(folder)/place")).isSuperset(of: before), "what goes on with an archive takes something away")
        _ = writer.texts
    }
}

// MARK: -

extension ArchiveSegment {
    /// - Returns: with whether it is one that a writer may have made.
    fileprivate static func made(_ choices: inout Choices) -> (segment: ArchiveSegment, isChain: Bool) {
        func mark(_ choices: inout Choices) -> Mark {
            Mark(sequence: choices.flag() ? choices.below(5) : 1 << 59, epoch: choices.below(4), hash: Cluster.Digest(high: UInt64(choices.byte()), low: UInt64(choices.byte())))
        }
        let previous = mark(&choices)
        var (last, records, isChain) = (previous, [Record](), true)
        for _ in 0..<choices.below(6) {
            let kind = Record.Kind(rawValue: choices.byte() % 4) ?? .noop
            var body = choices.bytes(choices.below(12))
            // A part of a commit, a piece of a file, or nothing known.
            if choices.flag(), !body.isEmpty { body[0] = 1 + body[0] % 3 }
            let epoch = last.epoch + choices.below(2)
            let after = choices.byte() % 16 == 0 ? mark(&choices) : last
            let record = Record(after: after, epoch: epoch, kind: kind, level: 1, body: body)
            if !record.follows(last) { isChain = false }
            records.append(record)
            last = record.mark
        }
        let (before, through) = (choices.flag() ? 5 : choices.integer(), choices.flag() ? 9 : choices.integer())
        let bounds: ClosedRange<Int64> = 0...1 << 62
        isChain = isChain && !records.isEmpty && bounds.contains(before) && bounds.contains(through) && before <= through
        return (ArchiveSegment(after: previous, before: before, through: through, isWhole: choices.flag(), records: records), isChain)
    }
}

extension SealedText {
    /// Of the line that every one ends with.
    fileprivate static let endByteCountOfAll = "end ".utf8.count + 2 * SHA256.byteCount + 1

    /// Without their last lines.
    fileprivate static func parts(ofCheckpoint bytes: [UInt8]) -> (head: [UInt8], manifest: [UInt8]) {
        let end = bytes.indices.dropFirst().first { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A } ?? bytes.endIndex
        return (Array(bytes[..<end].dropLast(endByteCountOfAll)), Array(bytes[end...].dropFirst().dropLast(endByteCountOfAll)))
    }

    fileprivate static func checkpoint(head: [UInt8], manifest: [UInt8]) -> [UInt8] {
        bytes(String(decoding: head, as: UTF8.self)) + [0x0A] + manifest + Array("end \(Hexadecimal.text(SHA256.hash(manifest)))\n".utf8)
    }

    /// The file's bytes under the hash that they should have.
    fileprivate static func resealed(_ file: LittleStore.File) -> [UInt8] {
        if file.path.contains("/segments/") {
            let body = Array(file.bytes.dropLast(SHA256.byteCount))
            return body + SHA256.hash(body)
        }
        if file.path.hasSuffix("/\(BackupManifest.key)") {
            let (head, manifest) = parts(ofCheckpoint: file.bytes)
            return checkpoint(head: head, manifest: manifest)
        }
        guard file.path.contains("lines/") || file.path.hasSuffix("/store") else { return file.bytes }
        return bytes(String(decoding: file.bytes.dropLast(endByteCountOfAll), as: UTF8.self))
    }
}
