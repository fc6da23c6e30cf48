//! The short version of `make chaos`.

mod audit;

use crate::storm::{Plan, run};

#[tokio::test(flavor = "multi_thread")]
async fn p1_p2_p3_p4_three_kills_lose_double_and_reorder_nothing() {
    let report = run(Plan { kills: 3, people: 3, seed: 3 }, |line| println!("{line}")).await;
    assert!(report.breaches.is_empty(), "{:#?}\n{report}", report.breaches);
    assert!(report.acknowledged > 0 && report.stored >= report.acknowledged, "{report}");
    assert!(report.counts.unsure > 0, "a kill finds messages on their way: {report}");
    println!("{report}");
}
