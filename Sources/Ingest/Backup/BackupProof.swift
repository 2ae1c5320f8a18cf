package import ColumnStore
import Glibc

/// Proves a backup as it lies in its directory, where it need not be written: the manifest by the hash at its end, each file by size and
/// hash, each page of each database by its sum; and that what the copy of the catalog names is there.
///
/// What the files say was proved where they came from, and is once more when a restored store is verified.
package struct BackupProof {
    private let place: BackupPlace
    private var storage: any ObjectStorage { place.storage }

    /// - Parameter url: in messages.
    package init(bucket: any ObjectStorage, url: String) throws { place = try BackupPlace(path: url, bucket: bucket) }

    package init(directory: String) throws {
        var status = stat()
        guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw ColumnStoreError(.notFound, path: directory, "is no directory")
        }
        place = try BackupPlace(path: directory, bucket: nil)
    }

    /// Whether a directory has a backup, and is no store itself.
    package static func isBackup(_ directory: String) -> Bool {
        access("\(directory)/\(BackupManifest.key)", F_OK) == 0 && access("\(directory)/FORMAT", F_OK) != 0
    }

    /// - Throws: `ColumnStoreError` where there is no manifest that could be believed.
    package func run(progress: (Verifier.Progress) -> Void = { _ in }) throws -> Verifier.Report {
        guard try storage.byteCount(of: BackupManifest.key) != nil else {
            throw ColumnStoreError(.notFound, path: place.name, "has no complete backup: \(BackupManifest.key) is not there")
        }
        let bytes = try storage.get(BackupManifest.key, byteCountMax: BackupManifest.byteCountMax)
        let manifest = try BackupManifest.parse(bytes, path: "\(place.name)/\(BackupManifest.key)")
        var report = Verifier.Report(fileCount: 1)
        for file in manifest.files {
            progress(.init(path: "\(place.name)/\(file.name)", rowCount: 0))
            report.fileCount += 1
            do {
                report.add(try faults(file))
                report.documentByteCount += file.byteCount
            } catch {
                report.add(Finding(path: "\(place.name)/\(file.name)", fault: "\(error)"))
            }
        }
        report.add(try missing(manifest))
        let known = Set(manifest.files.map(\.name) + [BackupManifest.key])
        try storage.list(prefix: "") { object in if !known.contains(object.key) { report.strangers.append("\(place.name)/\(object.key)") } }
        report.strangers.sort()
        return report
    }

    /// Empty for a file that is as it was written.
    private func faults(_ file: BackupManifest.File) throws -> [Finding] {
        let path = "\(place.name)/\(file.name)"
        guard let byteCount = try storage.byteCount(of: file.name) else { return [.init(path: path, fault: "is missing")] }
        guard byteCount == file.byteCount else {
            return [.init(path: path, fault: "has \(byteCount) bytes, the manifest says \(file.byteCount)")]
        }
        guard try storage.digest(of: file.name).sha256 == file.sha256 else {
            // Which page it is helps whoever looks for a worn disk.
            let pages = file.path.hasSuffix(".sqlite") && place.files != nil ? try DatabaseFile.faults(path) : []
            return [.init(path: path, fault: "does not have the hash that the manifest holds")] + pages
        }
        return []
    }

    /// Files of uploads that a restored store would read: whether the backup has each as it came. One of no bytes is in no backup.
    ///
    /// - Parameter path: of the copy of the catalog, which names them.
    private func unread(_ state: Catalog.State, _ manifest: BackupManifest, _ path: String) -> [Finding] {
        let files = Dictionary(manifest.files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        return state.unreadUploads.filter { $0.byteCount > 0 }.compactMap { upload -> Finding? in
            guard let file = files["uploads/\(upload.id)"] else { return Finding(path: path, fault: "names uploads/\(upload.id), which is not in the backup and was not read to its end") }
            let fault = upload.fault(ofByteCount: file.byteCount) ?? upload.fault(ofHash: file.sha256)
            return fault.map { Finding(path: "\(place.name)/\(file.name)", fault: $0) }
        }
    }

    /// Objects of cold tables that are not in the backup, or not as the catalog has them. Metadata of earlier versions of a table is in no backup.
    ///
    /// - Parameters:
    ///   - file: the copy of the catalog, on this machine.
    ///   - path: of it, in messages.
    private func cold(_ file: String, _ manifest: BackupManifest, _ path: String) throws -> [Finding] {
        let files = Dictionary(manifest.files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        return try Catalog.State.coldObjects(file).compactMap { named -> Finding? in
            guard let file = files[named.path] else { return named.object.kind == .metadata ? nil : Finding(path: path, fault: "names \(named.path), which is not in the backup") }
            guard file.byteCount == named.object.byteCount, file.sha256 == named.object.sha256 else {
                return Finding(path: "\(place.name)/\(file.name)", fault: "is another file than the catalog of the backup names: the manifest has other bytes of it, or another hash")
            }
            return nil
        }
    }

    /// What the catalog names and the manifest does not: a backup of which a part is gone, manifest included.
    private func missing(_ manifest: BackupManifest) throws -> [Finding] {
        let paths = Set(manifest.files.map(\.path))
        guard let catalog = manifest.files.first(where: { $0.path == "catalog.sqlite" }) else {
            return [.init(path: "\(place.name)/\(BackupManifest.key)", fault: "names no catalog")]
        }
        let path = "\(place.name)/\(catalog.name)"
        do {
            defer { place.drop(catalog.name) }
            let copy = try place.fetch(catalog)
            let state = try Catalog.State(path: copy)
            var wanted = state.hotFiles.map { "hot/\($0).sqlite" }
                + state.coldVersions.map { "warehouse/\($0.table)/metadata/v\($0.version).metadata.json" }
            wanted.append(contentsOf: state.databases.map(\.rawValue))
            let findings = wanted.filter { !paths.contains($0) }.map { Finding(path: path, fault: "names \($0), which is not in the backup") }
            return [findings, try cold(copy, manifest, path), unread(state, manifest, path)].flatMap(\.self)
        } catch {
            return [.init(path: path, fault: "cannot be read: \(error)")]
        }
    }
}
