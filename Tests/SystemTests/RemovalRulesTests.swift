import Foundation
import TestSupport
import XCTest

/// Goal: nothing of a store is removed, replaced or cut but where it is proved that it may be. Method: every call that can do so is in the
/// list below, with its reason; a new one fails until somebody has thought about it.
///
/// Files of a store go through `FileRemoval.remove` or `ObjectStorage.delete`, which want a `RemovalProof`.
final class RemovalRulesTests: XCTestCase {
    /// File, call, and why it may.
    private static let allowed: [String: [String: String]] = [
        "ColumnStore/Storage/FileRemoval.swift": ["unlink": "the one place", "truncate": "a file that has lost its name"],
        "ColumnStore/Storage/FileSystemCalls.swift": ["remove": "the seam of tests", "rename": "the seam of tests"],
        "ColumnStore/Storage/Local/LocalStorage.swift": [
            "unlink": "by a proof, and second names of files in the making", "rename": "version hint and manifest of a backup: written whole, aside",
        ],
        "ColumnStore/Storage/Cache/CacheFolder.swift": ["remove": "copies of what a bucket has, under names that the cache makes"],
        "ColumnStore/Storage/Local/LocalWarehouseRoot.swift": ["delete": "the caller's proof is passed on"],
        "ColumnStore/S3/Objects/BucketWarehouseRoot.swift": ["delete": "the caller's proof is passed on"],
        "ColumnStore/Iceberg/Table/CommitWriter.swift": ["delete": "what a commit of this process wrote before it failed"],
        "ColumnStore/Iceberg/Table/Table.swift": ["delete": "versions that this process made and no catalog took"],
        "ColumnStore/Iceberg/Table/Table+Maintenance.swift": ["delete": "the caller's proof is passed on"],
        "ColumnStore/Iceberg/Table/Table+Relocation.swift": ["delete": "the caller's proof is passed on"],
        "Ingest/Backup/Backup.swift": ["delete": "files of a backup that the new one has taken the place of, under names that backups make", "remove": "an empty file that was made in the lines before"],
        "Ingest/Backup/BackupPlace.swift": ["delete": "what an attempt has left under the name that is to be taken now", "remove": "scratch: copies of databases on their way to a bucket"],
        "Ingest/Log/CommitLog.swift": [
            "O_TRUNC": "a spool of a number that was never given before", "remove": "a spool whose records lie at the log's place, which its head says, and notes in the making of processes that have ended",
        ],
        "Ingest/Log/Format/LogSpool.swift": ["truncate": "the end of a spool that this process writes: an entry that could not be written whole"],
        "Ingest/Restoring/LogFold.swift": ["remove": "scratch: a copy of a database that its records make anew"],
        "Ingest/Replication/ReplicaStore.swift": [
            "remove": "files of a member that its cluster's records make anew, from the first or from where a checkpoint ends, and what came of uploads that nobody can send any more", "truncate": "the end of a file that a record says is its last byte",
        ],
        "Ingest/Replication/StoreFounding.swift": ["rename": "a folder whose files are whole and synced, into a place where nothing is"],
        "Server/Replication/Passing/PassedBody.swift": ["remove": "scratch that was made in the line before"],
        "Ingest/Replication/CheckpointFiles.swift": [
            "rename": "a folder whose files are whole and synced", "remove": "folders of checkpoints: one that did not come to its end, and one that another has taken the place of, durably",
            "rmdir": "the same",
        ],
        "Server/Replication/Disk/RecordFile.swift": ["remove": "records that no majority has, and those that a durable checkpoint has", "truncate": "the same of one file; an end that is no record is kept beside it"],
        "Server/Replication/Disk/StoreCheckpoint.swift": ["rename": "a checkpoint that came whole, synced, in place of one that it goes beyond; that one keeps another name until it is"],
        "Server/Replication/Disk/RecordSegment.swift": ["truncate": "records that no majority has, as the protocol says, and an end that is no record, which is kept beside it"],
        "Server/Replication/Places/SlotPlace.swift": ["delete": "slots of generations that the object has had its floor above for a day"],
        "Ingest/Log/LogRetention.swift": ["delete": "checkpoints, segments and files that no checkpoint which is kept, and no record after it, needs; objects that have been in the making for a day"],
        "Ingest/Archive/ArchiveRetention.swift": ["delete": "checkpoints, segments and files that no instant of the last day, and no record after it, needs; lines before one that tells all of that day"],
        "Ingest/Directory/ScratchFolder.swift": ["remove": "scratch: a directory that it made, or one whose mark proves that an ended process did", "rmdir": "the same"],
        "Ingest/Directory/RestoreNote.swift": ["remove": "the note of a restore, once all is there, FORMAT too"],
        "Ingest/Backup/Restore.swift": [
            "delete": "metadata that the restore itself copied", "remove": "what a restore that failed wrote into an empty directory",
            "rmdir": "the same: empty directories only",
        ],
        "Ingest/Directory/DataDirectory.swift": [
            "truncate": "LOCK, which has no content", "remove": "LOCK, which was made in the lines before", "rmdir": "the same: empty directories only",
        ],
        "Ingest/Directory/LostAndFound.swift": ["rename": "into a directory that this process made", "delete": "an object whose copy lies there, durable"],
        "Ingest/Directory/StoreFormat.swift": ["unlink": "FORMAT.tmp", "rename": "FORMAT, written whole, aside"],
        "Ingest/Cold/ProvenStorage.swift": ["delete": "the caller's proof is passed on"],
        "Ingest/Cold/TenuredStorage.swift": ["delete": "the caller's proof is passed on, by a leader that is proven to lead"],
        "Ingest/Cold/ColdFileWriter.swift": ["delete": "what this process wrote and no commit took"],
        "Ingest/Compaction/ColdTier.swift": ["delete": "what the catalog has named as ended, and earlier versions of a view, which follows from its history alone"],
        "Ingest/Compaction/Compactor+Former.swift": ["delete": "what the catalog has named as left behind by a move that it has noted"],
        "Ingest/Backup/WarehouseMove.swift": ["delete": "at the new place, which is ours alone: what an attempt has left, and metadata that the move itself copied"],
        "Ingest/Compaction/NewestView.swift": ["delete": "metadata of a view, which follows from its history alone"],
        "Ingest/Directory/LockNote.swift": ["truncate": "LOCK, which says where the server is, and nothing else"],
        "Ingest/Versions/VersionIndex.swift": ["remove": "an index that the rows make anew"],
        "Ingest/Hot/HotFile.swift": ["remove": "the callers' proofs: moved, or new and without rows"],
        "Ingest/Uploads/Uploads.swift": ["remove": "files of uploads whose time is over, or that have ended and were deleted, as their rows say"],
        "Ingest/Uploads/UploadIdentities.swift": ["remove": "ids of an upload's file, which its records make anew"],
        "Ingest/Uploads/UploadFile.swift": [
            "truncate": "a file that is put anew, before its upload was taken", "remove": "the mark beside it, once all of the file counts", "O_TRUNC": "a mark in the making, under a name of its own",
            "rename": "a mark in the place of an earlier one of the same file, which says no more of it",
        ],
        "Ingest/Reading/Copies/RestingExports.swift": ["remove": "scratch: an export's file of the process that made it, among its own"],
        "Ingest/Exports/ExportFiles.swift": [
            "remove": "files of exports that no row leads to any more, or never did, or that lie elsewhere by now, proven", "delete": "the same, of this store, where they were carried to",
        ],
        "Server/Exports/ExportFile.swift": ["remove": "a file that this process was making, and could not finish"],
        "Server/Commands/PartialFile.swift": ["remove": "a file that this command made aside", "rename": "the answer, written whole, aside", "O_TRUNC": "a file that whoever types `\\o FILE` names for answers as they come"],
        "Ingest/Import/ImportSpill.swift": ["unlink": "scratch that was made in the line before"],
        "Ingest/Backup/Recovery.swift": [
            "remove": "the draft of a catalog", "rename": "the draft into a place that was made free",
            "delete": "metadata that this recovery made for a table that had none, where no catalog came of it",
        ],
        "Ingest/Backup/HotSalvage.swift": ["remove": "the draft of a hot file", "rename": "the draft, which is whole, into the place of the damaged one, which went to lost+found"],
        "Ingest/SQLite/SQLiteFileSystem.swift": ["truncate": "SQLite's own call"],
        "Ingest/Verification/RepeatFinder.swift": ["remove": "scratch that was made in the line before"],
        "Ingest/Verification/Verifier.swift": ["remove": "what SQLite made beside a file so that it could be read"],
        "Query/Execution/Spilling/SpillVolume.swift": ["unlink": "scratch that was made in the line before"],
        "Query/Results/WorkbookFile.swift": ["remove": "a file that this process was making, and could not finish"],
        "Server/Access/AdminKey.swift": ["rename": "the administrator's key, written whole, aside"],
        "Server/Commands/Import/RejectedFile.swift": ["truncate": "a plain file of the one who runs the command, checked in the lines before"],
        "Server/System/FileBytes.swift": ["O_TRUNC": "a file of the one who runs the command"],
    ]

    /// Each with a word that is wherever its pattern is: a pattern is asked of few lines, since of all of them it takes long.
    private static let calls: [(name: String, word: String, pattern: String)] = [
        ("unlink", "unlink", #"\bunlink(at)?\("#), ("rmdir", "rmdir", #"\brmdir\("#), ("rename", "rename", #"\brename(at2?)?\("#),
        ("truncate", "truncate(", #"\bf?truncate\("#), ("O_TRUNC", "O_TRUNC", #"\bO_TRUNC\b"#), ("removeItem", "Item", #"\b(remove|replace)Item"#),
        ("remove", "FileRemoval.remove(", #"FileRemoval\.remove\("#), ("delete", ".delete(", #"\.delete\(.*(\.named\(|\.unpublished|\.temporary|proof)"#),
    ]

    func test_sources_removeNothingButWhereItIsProved() throws {
        let root = Project.root.appendingPathComponent("Sources")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        var count = 0
        while let file = files?.nextObject() as? URL {
            guard ["swift", "c", "h", "cpp"].contains(file.pathExtension) else { continue }
            let path = String(file.path.dropFirst(root.path.count + 1))
            let content = try Data(contentsOf: file)
            let calls = Self.calls.filter { content.range(of: Data($0.word.utf8)) != nil }
            if calls.isEmpty { continue }
            for (number, line) in String(decoding: content, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                var text = line.drop { $0 == " " }
                if text.hasPrefix("//") || text.hasPrefix("*") { continue }
                // Of a declaration only the body.
                if text.contains("func ") { text = text.firstIndex(of: "{").map { text[$0...] } ?? "" }
                for (name, word, pattern) in calls where text.contains(word) && text.range(of: pattern, options: .regularExpression) != nil {
                    // A kernel of SQL of that name.
                    if name == "truncate", path.hasPrefix("Query/") { continue }
                    count += 1
                    XCTAssertNotNil(Self.allowed[path]?[name], "\(path):\(number + 1) has \(name): prove that it may, and add it to this list")
                }
            }
        }
        XCTAssertGreaterThan(count, 25)
    }
}
