/// A receipt's history as its column holds it: what happened beyond its arrival, as JSON.
///
/// Its arrival and its end are columns already, so a receipt that was complete at once has this one text: it takes no room in a file.
package enum ReceiptHistory {
    package static let empty = #"{"steps":[],"errors":[],"history":[]}"#
}
