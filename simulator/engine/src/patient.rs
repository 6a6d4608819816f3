//! stub
pub fn normal_quantile(u: f64) -> f64 { u }
#[derive(Clone, Default)] pub struct Patient;
pub struct Therapy { pub basal_u_per_h: f64, pub carb_ratio_g_per_u: f64, pub correction_mg_dl_per_u: f64, pub total_daily_u: f64 }
impl Patient {
 pub fn by_id(_: &str) -> Option<Self> { Some(Self) }
 pub fn drawn(_: Option<&str>, _: &mut impl FnMut() -> f64) -> Self { Self }
 pub fn step(&mut self, _: f64, _: f64, _: f64) {}
 pub fn glucose_mg_dl(&self) -> f64 { 120.0 }
 pub fn plasma_insulin_pmol_l(&self) -> f64 { 50.0 }
 pub fn is_within_domain(&self) -> bool { true }
 pub fn therapy(&self) -> Therapy { Therapy { basal_u_per_h: 1.0, carb_ratio_g_per_u: 10.0, correction_mg_dl_per_u: 40.0, total_daily_u: 45.0 } }
}
pub struct SensorNoise; impl SensorNoise { pub fn none() -> Self { Self } pub fn breton(_: impl FnMut() -> f64 + Send + Sync + 'static) -> Self { Self } pub fn vettoretti(_: Vettoretti, _: impl FnMut() -> f64 + Send + Sync + 'static) -> Self { Self } pub fn reading(&mut self, g: f64) -> f64 { g } }
pub struct Vettoretti; impl Vettoretti { pub fn drawn(_: &mut impl FnMut() -> f64) -> Self { Self } }
#[derive(Default)] pub struct Glycaemia; pub struct GlycaemiaSummary { pub severity: u8, pub minutes_below_54: u32, pub minutes_below_70: u32, pub minutes_above_250: u32, pub time_in_range: f64, pub min_mg_dl: f64, pub max_mg_dl: f64 }
impl Glycaemia { pub fn minute(&mut self, _: f64) {} pub fn summary(&self) -> GlycaemiaSummary { GlycaemiaSummary { severity: 0, minutes_below_54: 0, minutes_below_70: 0, minutes_above_250: 0, time_in_range: 0.0, min_mg_dl: 0.0, max_mg_dl: 0.0 } } }
