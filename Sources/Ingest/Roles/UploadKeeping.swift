package import ColumnStore
import Documents

/// Files of records that clients send whole. Changes are durable before these return.
package protocol UploadKeeping: AnyObject, Sendable {
    /// The largest file that is taken, in bytes.
    var byteCountMax: Int { get }
    /// - Throws: read-only, type-not-allowed, unknown-type, not-found, overloaded.
    func announce(_ announcement: UploadAnnouncement, id: String, as principal: Principal) throws -> Upload
    /// - Throws: not-found, also for another's.
    func upload(_ id: String, as principal: Principal) throws -> Upload
    /// The newest first.
    func uploads(
        client: String?, state: Upload.State?, after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal
    ) throws -> [Upload]
    /// The records of its file, read as values.
    ///
    /// - Throws: not-found, also for another's and for a file that is gone; upload-closed.
    func records(of id: String, as principal: Principal) throws -> UploadRecords
    /// At most `limit` refused records behind `record`, in the file's order.
    ///
    /// - Parameter hold: called with the bytes of the page as the catalog keeps them, before they are taken and again as it grows; an error that it throws ends the reading.
    func rejections(of upload: Upload, after record: Int64, limit: Int, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> RejectionPage
    /// For a caller with a signed link, whoever it is; nil where the upload is gone.
    func linked(_ id: String) throws -> Upload?
    /// - Parameters:
    ///   - isAnew: whether the file begins anew at 0, whatever is there; else `start` must be the end of what is there.
    ///   - isKept: whether bytes that come stay though their call breaks off; else only after `keep`.
    /// - Throws: upload-closed; upload-mismatch where `start` is not the place that is due; contract-not-valid and read-only where its owner may upload nothing by now.
    func receive(_ upload: Upload, from start: Int64, isAnew: Bool, isKept: Bool) throws -> UploadFile
    /// How many bytes of the file are here: those of a piece count once it was looked at.
    func fileByteCount(_ id: String) -> Int64
    /// Ends the sending of a file: it is here whole, and is read from now on. Of a pair this waits until the other machine has it.
    ///
    /// - Throws: as `UploadFile.check`; upload-closed; not-leader and storage-unavailable, which leave it as it is.
    func finish(_ file: UploadFile, coding: StreamCoding?) throws -> Upload
    /// Ends an upload that waits for its file or is being read; of one that has ended it drops the file.
    func cancel(_ id: String, as principal: Principal) throws
    /// Begins to take back what an upload has changed in versioned tables.
    ///
    /// - Throws: wrong-client, type-not-allowed, immutable-table, upload-closed.
    func revert(_ id: String, as principal: Principal) throws -> Upload
    /// Begins to read files.
    ///
    /// - Parameter describe: an upload as JSON of the API, for webhooks.
    func start(describe: @escaping @Sendable (Upload) -> [UInt8])
}

extension Uploads: UploadKeeping {}

extension UploadKeeping {
    /// Where nobody counts the memory.
    package func rejections(of upload: Upload, after record: Int64, limit: Int, as principal: Principal) throws -> RejectionPage {
        try rejections(of: upload, after: record, limit: limit, as: principal) { _ in }
    }

    /// How an upload stands, for whoever goes on with its file, and how much of that is here.
    ///
    /// A file that is here whole is ended as the call would have that brought its last byte: that one may have failed, or been cut off, behind it, and nobody sends a byte more. So all of it is
    /// said to be here only where it is read. What the last call says of a file's coding is lost with it: its name and first bytes say that.
    ///
    /// - Parameter upload: as it was looked up by its link.
    /// - Throws: what keeps the file from being read, as `finish` does: disk-full, overloaded, not-leader, storage-unavailable; upload-mismatch only for one of no bytes, of which nothing can be sent again.
    package func standing(of upload: Upload) throws -> (upload: Upload, byteCount: Int64) {
        guard upload.state == .new else { return (upload, upload.receivedByteCount) }
        let here = fileByteCount(upload.id)
        guard let announced = upload.byteCount, here == announced else { return (upload, here) }
        do {
            let whole = try finish(try receive(upload, from: here, isAnew: false, isKept: true), coding: nil)
            return (whole, whole.receivedByteCount)
        } catch let fault as Fault where fault.code == .uploadMismatch {
            // It was another file, and is dropped.
            let left = fileByteCount(upload.id)
            guard left != announced else { throw fault }
            return (upload, left)
        } catch let fault as Fault where fault.code == .uploadClosed {
            let now = try closed(upload)
            return (now, now.receivedByteCount)
        }
    }

    /// An upload whose file another call has, or that takes none any more, as it stands by now. It waits for nobody.
    ///
    /// - Throws: overloaded; not-found where it was deleted.
    package func closed(_ upload: Upload) throws -> Upload {
        // The call that brought the last byte has just ended it, somebody has ended the upload, or that call is at it still.
        guard let now = try linked(upload.id) else { throw Fault(.notFound, "the upload was deleted") }
        guard now.state != .new else {
            throw Fault(.overloaded, "the end of the file is being looked at just now: ask again", advice: .sendAgainLater)
        }
        return now
    }
}

/// The role of a store that has uploads.
package protocol UploadHolding: AnyObject, Sendable {
    var uploadKeeping: any UploadKeeping { get }
}
