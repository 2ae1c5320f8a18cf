import ColumnStore
import Documents
import Ingest

/// The list of a backup's files. Its hash is made anew, so that the lines before it are looked at.
extension Door {
    static let backupManifest = Door(
        name: "backup-manifest",
        seeds: {
            let hash = String(repeating: "0f", count: 32)
            let file = "file \(hash) 4096 hot/a.sqlite hot/a.1.sqlite stamp\n"
            return [
                Array("till-backup 1\nnumber 3\nstore 5f0c\nmade-at 1795176000000000\nwarehouse /var/lib/till/warehouse\n\(file)\(file)".utf8)
            ]
        },
        fuzz: { input in
            let body = [UInt8](input)
            let digits = SHA256.hash(body).flatMap { [$0 >> 4, $0 & 15] }.map { Array("0123456789abcdef".utf8)[Int($0)] }
            let manifest = try BackupManifest.parse(body + Array("end ".utf8) + digits + [0x0A], path: "MANIFEST")
            // Sums and the next number, as restores and backups reckon them.
            _ = manifest.files.reduce(0) { $0 + $1.byteCount } * 100
            _ = manifest.number + 1
            let again = try BackupManifest.parse(manifest.bytes, path: "MANIFEST")
            precondition(again == manifest, "what was written is read as something else")
        })
}
