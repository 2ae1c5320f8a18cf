import Cluster
import ColumnStore

/// Up to when a line tells all, said by a pair at rest: an instant of quiet hours, behind the last commit, is one at which the store was as that commit has left it.
///
/// Whoever leads says it again now and then, in place of what was said before. One that was overtaken and does not know it may say less than another did: until it is said anew less can be restored.
struct ArchiveUntil: Equatable {
    let line: Int64
    /// The last record that the line had then.
    let last: Mark
    /// All that was acknowledged by then is in the line, up to that record; by the clock of who says it, in microseconds since 1970.
    let at: Int64

    var bytes: [UInt8] { SealedText.bytes("till-archive-until 1\nline \(line)\n\(ArchiveLine.text(last))at \(at)\n") }

    init(line: Int64, last: Mark, at: Int64) { (self.line, self.last, self.at) = (line, last, at) }

    /// - Parameter line: as its name has it.
    /// - Throws: `.corruptFile`, also for another line's.
    init(parsing bytes: [UInt8], line: Int64, path: String) throws(ColumnStoreError) {
        guard let fields = SealedText.fields(bytes), fields.title == "till-archive-until 1", fields.number("line") == line, let last = ArchiveLine.mark(fields), let at = fields.number("at") else {
            throw ColumnStoreError(.corruptFile, path: path, "does not say up to when its line of an archive tells all: it is damaged, or of another version")
        }
        self.init(line: line, last: last, at: at)
    }

    /// Up to when a line tells all, as far as it has what it had when that was said.
    ///
    /// A clock that is ahead by years tells nothing of those years: nobody has said it later than the place had the object, by the place's own clock. Of the seconds before that another machine may have commits still
    /// whose clock is right, or a little behind, as where all clocks are right.
    ///
    /// - Parameters:
    ///   - last: the last record that the line has.
    /// - Returns: microseconds since 1970; nil where there is no such object, or it is damaged, which is logged; where the line has less, or another record; and where the place does not tell when the object came.
    static func told(_ line: Int64, through last: Mark, of place: ArchivePlace) throws(ColumnStoreError) -> Int64? {
        let said: ArchiveUntil?
        do { said = try place.until(line) } catch {
            guard ObjectFindings.isFault(error) else { throw error }
            StoreLog.note("instants behind an archive's last commit cannot be told", path: place.name(ArchivePlace.untilKey(line)), reason: "\(error)", level: .warning)
            return nil
        }
        guard let said, said.last.sequence < last.sequence || said.last == last else { return nil }
        var came: Int64 = 0
        let key = ArchivePlace.untilKey(line)
        try place.objects.list(prefix: key) { if $0.key == key { came = $0.modifiedMilliseconds } }
        return came > 0 ? min(said.at, came.multipliedSaturating(by: 1_000).subtractingSaturating(ArchiveWriter.underWayMicroseconds)) : nil
    }
}
