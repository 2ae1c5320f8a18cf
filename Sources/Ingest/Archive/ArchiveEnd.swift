import Cluster
import ColumnStore

/// Where an archive ends, as one look at its place tells.
///
/// An answer may have been torn, or have left something out. Where that is taken for what is there another line begins, and instants between the two are lost: so nothing but the end of the newest
/// line is believed after a single look.
struct ArchiveEnd: Equatable {
    /// The last record that a line has.
    struct Tail: Equatable {
        let mark: Mark
        /// Of the last commit up to it, in microseconds since 1970.
        let time: Int64
        /// Whether that commit ends with it.
        let isWhole: Bool
    }

    /// An object that stands for nothing that could be gone on with.
    struct Damage: Equatable {
        let what: String
        let path: String
        let reason: String
    }

    /// Of all lines that are listed, ascending.
    let numbers: [Int64]
    /// The newest one whose object says what it is: another stands for no line that anybody could restore. Where this one cannot be gone on with the next number is behind all.
    private(set) var line: ArchiveLine?
    /// nil also where the last segment of `line` is damaged: nothing can be put behind it.
    private(set) var tail: Tail?
    private(set) var damages: [Damage] = []

    /// Whether it is that of the last line that is listed.
    var isOfNewest: Bool { tail != nil && line?.number == numbers.last }

    /// - Throws: what the place throws.
    init(of place: ArchivePlace) throws {
        numbers = try place.lineNumbers()
        for number in numbers.reversed() where line == nil { try take(number, of: place) }
        if let line { try takeTail(of: line, of: place) }
    }

    private mutating func take(_ number: Int64, of place: ArchivePlace) throws {
        let (found, reason) = try Self.look(for: number, of: place)
        line = found
        if found != nil { return }
        damages.append(
            Damage(
                what: "a line of the archive is damaged, or none: it is passed over, and nothing is removed while it is there", path: place.name(ArchivePlace.lineKey(number)), reason: reason))
    }

    /// A line, or why its object says none.
    private static func look(for number: Int64, of place: ArchivePlace) throws -> (line: ArchiveLine?, reason: String) {
        do {
            return (try place.line(number), "it is listed, and not there")
        } catch {
            guard ObjectFindings.isFault(error) else { throw error }
            return (nil, "\(error)")
        }
    }

    private mutating func takeTail(of line: ArchiveLine, of place: ArchivePlace) throws {
        guard let first = try place.segments(of: line.number).last else {
            tail = Tail(mark: line.base, time: line.at, isWhole: true)
            return
        }
        do {
            let segment = try place.segment(line.number, first)
            tail = Tail(mark: segment.last, time: segment.through, isWhole: segment.isWhole)
        } catch let error as ColumnStoreError where ObjectFindings.isDamage(error) {
            damages.append(Damage(what: "the last segment of the archive is damaged", path: place.url, reason: "\(error)"))
        }
    }
}
