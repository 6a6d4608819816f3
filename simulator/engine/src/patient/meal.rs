//! How a meal is eaten: announced once in full, eaten at 5 g/min.

/// Eating rate [g/min].
const RATE_G_PER_MIN: f64 = 5.0;

/// A meal being eaten, and the size that gastric emptying goes by.
#[derive(Clone, Debug)]
pub(super) struct Meal {
    plan_g: f64,
    last_stomach_mg: f64,
    food_g: f64,
    eating: bool,
    previous_g: f64,
}

impl Meal {
    pub(super) fn new(stomach_mg: f64) -> Self {
        Self {
            plan_g: 0.0,
            last_stomach_mg: stomach_mg,
            food_g: 0.0,
            eating: false,
            previous_g: 0.0,
        }
    }

    /// What is eaten in this minute [g], with `stomach_mg` in the stomach at its start.
    pub(super) fn minute(&mut self, announced_g: f64, stomach_mg: f64) -> f64 {
        self.plan_g += announced_g.max(0.0);
        let eaten = self.plan_g.min(RATE_G_PER_MIN);
        self.plan_g -= eaten;
        if eaten > 0.0 && self.previous_g <= 0.0 {
            self.last_stomach_mg = stomach_mg;
            self.food_g = 0.0;
            self.eating = true;
        }
        if self.eating {
            self.food_g += eaten;
        }
        if eaten <= 0.0 && self.previous_g > 0.0 {
            self.eating = false;
        }
        self.previous_g = eaten;
        eaten
    }

    /// The meal's size, which stays at its last value afterwards [mg].
    pub(super) fn size_mg(&self) -> f64 {
        self.last_stomach_mg + 1000.0 * self.food_g
    }
}
